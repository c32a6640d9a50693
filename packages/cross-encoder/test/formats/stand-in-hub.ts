/** A stand-in for the hub's HTTP API: one model, with the answers that huggingface.co gives. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandInHub {
  readonly url: string;
  /** Paths that were asked for, with their method. */
  readonly requests: string[];
  /** Authorization headers that came. */
  readonly tokens: Set<string | undefined>;
  files: Map<string, Buffer>;
  commit: string;
  /** Changes an answer's bytes on their way. */
  damage?: (path: string, bytes: Buffer) => Buffer;
  /** A status every request is answered with. */
  refuseWith?: number;
  close(): Promise<void>;
}

export async function startStandInHub(
  model: string,
  files: Map<string, Buffer>,
): Promise<StandInHub> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: StandInHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    tokens: new Set(),
    files,
    commit: 'a'.repeat(40),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return hub;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', hub.url);
    hub.requests.push(`${request.method} ${pathname}`);
    hub.tokens.add(request.headers.authorization);
    if (hub.refuseWith) return void response.writeHead(hub.refuseWith).end();
    const resolved = new RegExp(`^/${model}/resolve/[^/]+/(.+)$`).exec(pathname);
    if (pathname.startsWith(`/api/models/${model}/revision/`)) {
      return json(response, { _id: '1', id: model, sha: hub.commit, lastModified: '2026-01-01' });
    }
    if (pathname === `/api/models/${model}/paths-info/${hub.commit}`) {
      let body = '';
      for await (const chunk of request) body += chunk;
      const asked: string[] = JSON.parse(body).paths;
      return json(
        response,
        asked.filter((path) => hub.files.has(path)).map((path) => describe(path)),
      );
    }
    const bytes = resolved && hub.files.get(String(resolved[1]));
    if (!bytes) return void response.writeHead(404, { 'X-Error-Code': 'EntryNotFound' }).end();
    const sent = hub.damage ? hub.damage(String(resolved[1]), bytes) : bytes;
    const etag = `"${createHash('sha1').update(bytes).digest('hex')}"`;
    if (request.headers.range === 'bytes=0-0') {
      const headers = { 'Content-Range': `bytes 0-0/${sent.length}`, ETag: etag };
      return void response.writeHead(206, headers).end(sent.subarray(0, 1));
    }
    response.writeHead(200, { ETag: etag, 'Content-Length': sent.length }).end(sent);
  }

  function describe(path: string) {
    const bytes = hub.files.get(path) as Buffer;
    const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const entry = { type: 'file', path, size: bytes.length, oid: git };
    if (!path.endsWith('.safetensors')) return entry;
    const oid = createHash('sha256').update(bytes).digest('hex');
    return { ...entry, lfs: { oid, size: bytes.length, pointerSize: 130 } };
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}
