/** Starts a service in its own process, as `reranker serve` does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './record.mjs';

export const newFolder = (name) => mkdtempSync(join(tmpdir(), `reranker-${name}-`));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Starts the service of a checkout and waits until it answers. `environment` has its settings. */
export async function startService({ dataDir, environment = {}, port, checkout = root }) {
  const own = port ?? (await freePort());
  const child = spawn(
    process.execPath,
    [join(checkout, 'packages/learning-reranker/bin/reranker.js'), 'serve', '--port', String(own)],
    {
      cwd: dataDir,
      stdio: ['ignore', 'ignore', process.env.VERBOSE ? 'inherit' : 'ignore'],
      env: { ...process.env, AGRO_RERANKER_DATA_DIR: dataDir, ...environment },
    },
  );
  const url = `http://127.0.0.1:${own}`;
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`The service ended with exit code ${child.exitCode}`);
    const answer = await fetch(`${url}/ready`).catch(() => null);
    if (answer?.status === 200) break;
    await sleep(50);
  }
  const post = async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return {
    url,
    port: own,
    child,
    post,
    get: async (path) => (await fetch(`${url}${path}`)).json(),
    /** Starts a job and returns its id. */
    enqueue: async (kind, request) => (await post(`/api/reranker/${kind}`, request)).body.run.id,
    /** Memory of the process and its children in bytes, on Linux. */
    residentBytes: () => processTree(child.pid).reduce((sum, pid) => sum + residentBytes(pid), 0),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
    kill: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function processTree(pid) {
  let children = '';
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {}
  return [
    pid,
    ...children
      .split(' ')
      .filter(Boolean)
      .flatMap((one) => processTree(Number(one))),
  ];
}

/** 0 for a process that has ended, even if its status file remains. */
function residentBytes(pid) {
  try {
    const [, kib = 0] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) * 1024;
  } catch {
    return 0;
  }
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
