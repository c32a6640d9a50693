/** Starts the services to compare with: SBERT's `rank` behind Python's HTTP server, and infinity-emb. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrossEncoder } from '@learning-reranker/cross-encoder';
import { python, root, THREADS } from '../shared/sides.mjs';
import { keepAliveClient } from './keep-alive-client.mjs';

/** The infinity-emb command: INFINITY, or the one that `pip install -r benchmarks/python/infinity-requirements.txt` puts in .venv-infinity. */
const infinity = process.env.INFINITY ?? join(root, '.venv-infinity/bin/infinity_emb');
export const hasInfinity = existsSync(infinity);

const portOf = (offset) => 18_000 + offset + (process.pid % 1000);

export function sbertServer(model) {
  const port = portOf(0);
  const script = join(root, 'benchmarks/python/sbert_rank_server.py');
  const args = [script, model, String(port), '--threads', String(THREADS)];
  return started(python, args, port, '/');
}

/** Uses its ONNX engine and its defaults. `infinityModel` makes the folder. */
export function infinityServer(folder) {
  const port = portOf(1000);
  const args = ['v2', '--model-id', '.', '--served-model-name', 'model', '--engine', 'optimum'];
  args.push('--device', 'cpu', '--host', '127.0.0.1', '--port', String(port));
  return started(infinity, args, port, '/rerank', folder);
}

/** Makes a folder that infinity-emb can open: `model.onnx` at the top, and the length limit where it reads it. */
export async function infinityModel(model, maxLength) {
  const folder = mkdtempSync(join(tmpdir(), 'reranker-infinity-'));
  await (await CrossEncoder.load(model)).save(folder, { onnx: true });
  renameSync(join(folder, 'onnx/model.onnx'), join(folder, 'model.onnx'));
  const path = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...config, max_position_embeddings: maxLength }));
  return folder;
}

async function started(command, args, port, path, cwd = root) {
  const child = spawn(command, args, {
    cwd,
    stdio: 'ignore',
    env: {
      ...process.env,
      HF_HUB_OFFLINE: '1',
      TOKENIZERS_PARALLELISM: 'false',
      DO_NOT_TRACK: '1',
    },
  });
  const client = keepAliveClient(port);
  const post = (_path, body) => client(path, { model: 'model', ...body });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
    const ready = await post(path, { query: 'a', documents: ['b'] }).catch(() => null);
    if (ready) return { post, stop: async () => child.kill('SIGKILL') };
    await sleep(200);
  }
}
