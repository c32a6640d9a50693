/** Refuses what a web page elsewhere could make a browser send: forged Host and Origin, and bodies that are no JSON. */
import type { FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host);
}

export interface CallerCheck {
  /** The address the service listens on. */
  readonly host: string;
  /** Further names it may be called by. */
  readonly allowedHosts: readonly string[];
}

/**
 * A name that leads to this machine by somebody else's DNS is no name of this service (DNS rebinding);
 * a page of another origin changes nothing here (CSRF).
 * @throws {ApiError} forbidden, unsupported_media_type
 */
export function checkCaller(request: FastifyRequest, check: CallerCheck): void {
  const names = [...LOOPBACK, check.host.toLowerCase(), ...check.allowedHosts];
  const called = [request.headers.host ?? '', ...hostInTarget(request.raw.url)].map(hostName);
  // A service that all may reach is reached by names it cannot know; keys protect it.
  const isOpen = !isLoopback(check.host) && check.allowedHosts.length === 0;
  if (!isOpen && !called.every((name) => names.includes(name))) {
    throw new ApiError(
      'forbidden',
      'this service is not called by that Host; if it should be, add the name to AGRO_RERANKER_ALLOWED_HOSTS',
      { field: 'Host' },
    );
  }
  const { origin } = request.headers;
  if (origin !== undefined && !isOwnOrigin(origin, request.headers.host ?? '')) {
    throw new ApiError('forbidden', 'pages of another origin may not call this service', {
      field: 'Origin',
    });
  }
  if (!changesState(request) || !hasBody(request)) return;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return;
  throw new ApiError('unsupported_media_type', 'expected Content-Type: application/json', {
    field: 'Content-Type',
  });
}

function changesState({ method }: FastifyRequest): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** A form of another page has a body or none at all: a change without a body must not come from a page either. */
function hasBody({ headers }: FastifyRequest): boolean {
  return (
    headers['content-type'] !== undefined ||
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length'] ?? 0) > 0
  );
}

function isOwnOrigin(origin: string, host: string): boolean {
  try {
    return new URL(origin).host.toLowerCase() === host.toLowerCase();
  } catch {
    return false;
  }
}

/** A request as proxies get it (`GET http://host/path`) names the host in its target as well. */
function hostInTarget(target = ''): string[] {
  const named = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1];
  return named === undefined ? [] : [named];
}

/** `localhost` of `localhost:8012`; brackets of an IPv6 address stay. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}
