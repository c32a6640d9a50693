/**
 * Repeats every comparison with sentence-transformers live: `npm run test:sbert`.
 *
 * Makes a Python environment in .venv-sbert if there is none (SBERT_PYTHON=/path/to/python uses
 * another that has what packages/cross-encoder/test/sbert/requirements.txt lists), records all
 * fixtures anew and compares them with the committed ones, then runs the Vitest project `sbert`, in
 * which both sides load, predict and train the same model. Exits 1 if anything differs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sbert = join(root, 'packages', 'cross-encoder', 'test', 'sbert');
const windows = process.platform === 'win32';

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  return status === 0;
}

function stop(message) {
  console.error(`test:sbert: FAILED. ${message}`);
  process.exit(1);
}

/** The first command that is a Python 3.10 or later, which sentence-transformers asks for. */
function systemPython() {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  for (const command of windows ? ['py', 'python'] : ['python3', 'python']) {
    if (spawnSync(command, ['-c', check], { stdio: 'ignore' }).status === 0) return command;
  }
  return stop(
    'Python 3.10 or later with venv was not found. Install it (Debian, Ubuntu: sudo apt install python3-venv; macOS: brew install python; Windows: https://www.python.org/downloads), or set SBERT_PYTHON to one that has packages/cross-encoder/test/sbert/requirements.txt. Only this comparison needs Python; npm test does not.',
  );
}

/** The environment's Python. Installed again when the list of packages changed or it was cut short. */
function environmentPython() {
  const folder = join(root, '.venv-sbert');
  const python = windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const requirements = join(sbert, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const installed = join(folder, 'installed-requirements.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return python;
  console.log(
    'Making .venv-sbert with torch and sentence-transformers (several minutes, once) ...',
  );
  if (!existsSync(python) && !run(systemPython(), ['-m', 'venv', folder])) {
    stop('the environment .venv-sbert could not be made.');
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const torch = wanted.split(/\r?\n/).find((line) => line.startsWith('torch=='));
  // torch first: where an index offers it for CPUs only, what follows must not replace it.
  if (!run(python, [...pip, torch]) || !run(python, [...pip, '-r', requirements])) {
    stop('pip could not install what requirements.txt lists; its own message is above.');
  }
  writeFileSync(installed, wanted);
  return python;
}

const started = Date.now();
if (!existsSync(join(root, 'node_modules', 'vitest'))) {
  console.log('Installing what is missing: npm ci ...');
  if (!run(windows ? 'npm.cmd' : 'npm', ['ci', '--no-fund', '--no-audit'])) stop('npm ci failed.');
}
const python = process.env.SBERT_PYTHON ?? environmentPython();

console.log('Recording the fixtures anew and comparing them with the committed ones ...');
const fixturesAgree = run(python, [join(sbert, 'record.py'), '--compare']);

console.log('Running both sides live ...');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const liveAgrees = run(process.execPath, [vitest, 'run', '--project', 'sbert'], {
  SBERT_PYTHON: python,
});

if (!fixturesAgree || !liveAgrees) {
  const what = [!fixturesAgree && 'the fixtures', !liveAgrees && 'the live suite'];
  stop(`Different from SBERT: ${what.filter(Boolean).join(' and ')}; details above.`);
}
const seconds = Math.round((Date.now() - started) / 1000);
console.log(`test:sbert: passed. Fixtures and live suite agree with SBERT (${seconds} s).`);
