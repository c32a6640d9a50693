/**
 * `npm run test:api`: schemathesis sends hostile requests that it generates from the service's OpenAPI document.
 * No answer may be a 5xx, or have a status, a content type or a shape that the document does not describe.
 *
 * Makes a Python environment in .venv-schemathesis if there is none. The service uses a new database on a local
 * PostgreSQL (TEST_POSTGRESQL) and has no worker, so jobs stay in the queue. Without PostgreSQL the test is
 * skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { prepare, root } from './prepare.mjs';

const SERVER = process.env.TEST_POSTGRESQL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
const MAX_EXAMPLES = process.env.MAX_EXAMPLES ?? '10';
const SEED = '7';
const requirements = join(
  root,
  'packages/learning-reranker/test/api/schemathesis-requirements.txt',
);
const environment = join(root, '.venv-schemathesis');

function end(passed, failed, skipped, message) {
  console.log(`test:api: ${message}`);
  const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  if (process.env.TEST_COUNTS_FILE) writeFileSync(process.env.TEST_COUNTS_FILE, counts);
  process.exit(failed > 0 ? 1 : 0);
}

function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) end(0, 1, 0, `FAILED: ${command} ${args.join(' ')}`);
}

function install() {
  const wanted = readFileSync(requirements, 'utf8');
  const note = join(environment, 'installed-requirements.txt');
  if (existsSync(note) && readFileSync(note, 'utf8') === wanted) return;
  run('python3', '-m', 'venv', environment);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  run(join(environment, 'bin/python'), ...pip, '-r', requirements);
  writeFileSync(note, wanted);
}

async function ask(statement) {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 2000 });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

async function startService(database, dataDir, port) {
  const url = new URL(SERVER);
  url.pathname = `/${database}`;
  const reranker = join(root, 'packages/learning-reranker/bin/reranker.js');
  const child = spawn(process.execPath, [reranker, 'serve', '--no-worker', '--port', port], {
    cwd: dataDir,
    stdio: ['ignore', 'ignore', 'ignore'],
    // A degraded answer to ten thousand documents comes before schemathesis gives up.
    env: { ...process.env, DATABASE_URL: url.href, AGRO_RERANKER_TIMEOUT_MS: '1000' },
  });
  for (;;) {
    if (child.exitCode !== null) end(0, 1, 0, 'FAILED: the service did not start');
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null);
    if (answer?.status === 200) return child;
    await sleep(100);
  }
}

prepare();
if (
  !(await ask('select 1')
    .then(() => true)
    .catch(() => false))
) {
  end(0, 0, 1, `skipped: PostgreSQL does not respond at ${SERVER}`);
}
install();
const database = `reranker_api_${randomBytes(6).toString('hex')}`;
const dataDir = mkdtempSync(join(tmpdir(), 'reranker-api-'));
const port = String(20_000 + (process.pid % 10_000));
await ask(`create database ${database}`);
const service = await startService(database, dataDir, port);
const { status } = spawnSync(
  join(environment, 'bin/schemathesis'),
  [
    'run',
    `http://127.0.0.1:${port}/docs/json`,
    '--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
    '--phases=coverage,fuzzing',
    `--max-examples=${MAX_EXAMPLES}`,
    `--seed=${SEED}`,
    '--request-timeout=60',
    // Leaves out the page itself, and a stream that ends only with its job.
    '--exclude-path-regex=^/docs|/runs/\\{id\\}/events',
    '--suppress-health-check=all',
    '--no-color',
  ],
  { cwd: dataDir, stdio: 'inherit' },
);
const lives = service.exitCode === null;
service.kill('SIGKILL');
await ask(`drop database if exists ${database} with (force)`);
rmSync(dataDir, { recursive: true, force: true });
if (status === 0 && lives) end(1, 0, 0, 'passed');
end(0, 1, 0, `FAILED: ${lives ? 'see the findings above' : 'the service ended'}; seed ${SEED}`);
