/**
 * `npm run test:sbert` repeats every comparison with sentence-transformers.
 *
 * Makes a Python environment in .venv-sbert if there is none. To use another, set SBERT_PYTHON to a Python that
 * has the packages of packages/cross-encoder/test/sbert/requirements.txt. Records all fixtures again and compares
 * them with the committed ones, then runs the Vitest project `sbert`, in which both libraries load, predict with
 * and train the same model. Exits with 1 if anything differs.
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
  if (error) console.error(`Cannot start ${command}: ${error.message}`);
  return status === 0;
}

function stop(message) {
  console.error(`test:sbert: FAILED. ${message}`);
  process.exit(1);
}

/** Finds a Python 3.10 or later, which sentence-transformers needs. */
function systemPython() {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  for (const command of windows ? ['py', 'python'] : ['python3', 'python']) {
    if (spawnSync(command, ['-c', check], { stdio: 'ignore' }).status === 0) return command;
  }
  return stop(
    'No Python 3.10 or later with venv found. Install it (Debian, Ubuntu: sudo apt install python3-venv; macOS: brew install python; Windows: https://www.python.org/downloads), or set SBERT_PYTHON to a Python with the packages of packages/cross-encoder/test/sbert/requirements.txt. Only this comparison needs Python; npm test does not.',
  );
}

/** The Python of the environment. Installs its packages again if their list changed or an install was interrupted. */
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
  // torch comes first, so that the other packages do not replace a CPU-only build.
  if (!run(python, [...pip, torch]) || !run(python, [...pip, '-r', requirements])) {
    stop('pip cannot install the packages of requirements.txt; see its message above.');
  }
  writeFileSync(installed, wanted);
  return python;
}

const started = Date.now();
if (!existsSync(join(root, 'node_modules', 'vitest'))) {
  console.log('Installing packages (npm ci) ...');
  if (!run(windows ? 'npm.cmd' : 'npm', ['ci', '--no-fund', '--no-audit'])) stop('npm ci failed.');
}
const python = process.env.SBERT_PYTHON ?? environmentPython();

console.log('Recording the fixtures again and comparing them with the committed ones ...');
const fixturesAgree = run(python, [join(sbert, 'record.py'), '--compare']);

console.log('Running both libraries ...');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const liveAgrees = run(process.execPath, [vitest, 'run', '--project', 'sbert'], {
  SBERT_PYTHON: python,
});

if (!fixturesAgree || !liveAgrees) {
  const what = [!fixturesAgree && 'the fixtures', !liveAgrees && 'the live tests'];
  stop(
    `Results differ from SBERT in ${what.filter(Boolean).join(' and ')}; see the details above.`,
  );
}
const seconds = Math.round((Date.now() - started) / 1000);
console.log(`test:sbert: passed. Fixtures and live tests agree with SBERT (${seconds} s).`);
