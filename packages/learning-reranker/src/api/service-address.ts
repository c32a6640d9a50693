/** The address at which the service listens. A file in the data folder holds it, so that commands find the service. */
import { readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ConfigError, type Settings } from '../config/index.js';

const addressSchema = z.object({
  url: z.url({ protocol: /^http$/ }),
  /** Identifies one start of a service: another one may listen at the address later. */
  instance: z.string(),
});

export type ServiceAddress = z.infer<typeof addressSchema>;

const pathOf = (dataDir: string) => join(dataDir, 'service.json');

/** Writes the file. The returned function removes it, unless another service has written its own since. */
export async function publishAddress(
  dataDir: string,
  address: ServiceAddress,
): Promise<() => Promise<void>> {
  await writeFileAtomically(pathOf(dataDir), `${JSON.stringify(address)}\n`);
  return async () => {
    const current = await readAddress(dataDir);
    if (current?.instance === address.instance) await rm(pathOf(dataDir), { force: true });
  };
}

/** Reads the file, which a killed service leaves behind. */
export async function readAddress(dataDir: string): Promise<ServiceAddress | null> {
  const text = await readFile(pathOf(dataDir), 'utf8').catch(() => '');
  try {
    return addressSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * Starts to listen and returns the URL that reaches the server from this machine.
 * @throws {ConfigError} if it cannot listen at the address of the settings
 */
export async function listen(
  app: FastifyInstance,
  { host, port }: Pick<Settings, 'host' | 'port'>,
): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new ConfigError([
      `The service cannot listen on port ${port} of ${host}: ${reason}. Set another one with --port (AGRO_RERANKER_PORT) or --host (AGRO_RERANKER_HOST).`,
    ]);
  }
  const { address, port: used, family } = app.server.address() as AddressInfo;
  if (address === '0.0.0.0') return `http://127.0.0.1:${used}`;
  if (address === '::') return `http://[::1]:${used}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${used}`;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use, perhaps by the service of another data folder',
  EACCES: 'you have no permission',
  EADDRNOTAVAIL: 'this machine does not have this address',
  ENOTFOUND: 'the host is unknown',
};
