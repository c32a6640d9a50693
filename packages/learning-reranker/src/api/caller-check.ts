/** Checks callers: web pages of other origins are refused, and callers from other machines need a key. */
import type { FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';
import { type ApiKeys, keyOf, type Scope } from './keys.js';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host);
}

export interface CallerCheck {
  /** The address the service listens on. */
  readonly host: string;
  /** Further names that the Host header may contain. */
  readonly allowedHosts: readonly string[];
}

/**
 * Protects browsers' users: a foreign Host means DNS rebinding, a foreign Origin or a form's body means CSRF.
 * @throws {ApiError} forbidden, unsupported_media_type
 */
export function checkCaller(request: FastifyRequest, check: CallerCheck): void {
  const names = [...LOOPBACK, check.host.toLowerCase(), ...check.allowedHosts];
  const called = [request.headers.host ?? '', ...hostInTarget(request.raw.url)].map(hostName);
  // A service that others can reach has names it cannot know; keys protect it.
  const isOpen = !isLoopback(check.host) && check.allowedHosts.length === 0;
  if (!isOpen && !called.every((name) => names.includes(name))) {
    throw new ApiError(
      'forbidden',
      'The Host header names another host. To allow it, add it to AGRO_RERANKER_ALLOWED_HOSTS and restart.',
      { field: 'Host' },
    );
  }
  const { origin } = request.headers;
  if (origin !== undefined && !isOwnOrigin(origin, request.headers.host ?? '')) {
    throw new ApiError('forbidden', 'Web pages of another origin cannot call this service.', {
      field: 'Origin',
    });
  }
  if (!changesState(request) || !hasBody(request)) return;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return;
  throw new ApiError('unsupported_media_type', 'Expected Content-Type: application/json.', {
    field: 'Content-Type',
  });
}

function changesState({ method }: FastifyRequest): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

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

/** A request in the form that proxies receive (`GET http://host/path`) names a host in its target, too. */
function hostInTarget(target = ''): string[] {
  const named = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1];
  return named === undefined ? [] : [named];
}

/** The host without its port. An IPv6 address keeps its brackets. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

/** @throws {ApiError} unauthorized without a valid key, forbidden if the key lacks the scope */
export async function checkKey(
  keys: ApiKeys,
  headers: FastifyRequest['headers'],
  scope: Scope,
): Promise<void> {
  const key = keyOf(headers);
  const granted = key === null ? null : await keys.scopesOf(key);
  if (granted === null) {
    throw new ApiError(
      'unauthorized',
      'Send an API key in the header Authorization: Bearer <key>. To create one, run: reranker keys create <name> --scope <scope>',
    );
  }
  if (granted.includes(scope) || granted.includes('admin')) return;
  throw new ApiError(
    'forbidden',
    `This key has the scope ${granted.join(', ')}, and the request needs '${scope}'. To create another key, run: reranker keys create <name> --scope ${scope}`,
  );
}
