/** Keeps a configured address from reaching into the service's own network. */
import { BlockList, isIP } from 'node:net';
import { BackendError } from '../backend.js';

const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address belongs to this machine, to a private network or to no network. */
export function isPrivateAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isPrivateAddress(mapped);
  if (/^::ffff:/i.test(address)) return true;
  return notPublic.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** @throws {BackendError} for a private address that a host name resolves to, or that is the host itself */
export function refusePrivateAddress(address: string, host: string): void {
  if (!isPrivateAddress(address)) return;
  throw new BackendError(
    'cloud-not-set-up',
    `${host} has a private address. To allow it, set AGRO_RERANKER_CLOUD_ALLOW_PRIVATE=1.`,
  );
}
