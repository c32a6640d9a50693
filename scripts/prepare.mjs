/** Prepares a clone: checks Node, installs the packages of package-lock.json and compiles the sources. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs all steps. A step prints only if it has work to do, and ends the process if it fails. */
export function prepare() {
  refuseOldNode();
  if (!isInstalled()) install();
  build();
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(
    `This is Node ${process.versions.node}; version 20.19 or later is required. Install it from https://nodejs.org, or with nvm: nvm install 20`,
  );
}

/** Whether node_modules has the packages of package-lock.json, according to npm's hidden lock file. */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    // Optional packages may be for other platforms. A link only has to exist.
    if (!path.startsWith('node_modules/') || optional) return true;
    return link ? existsSync(join(root, path)) : installed[path]?.version === version;
  });
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * Uses npm install, since npm ci fails if the lock file does not list the binaries of all platforms. The
 * versions are those of the lock file. Install scripts are off: that of onnxruntime-node downloads CUDA
 * libraries, which are not needed.
 */
function install() {
  console.log('Installing packages (npm install) ...');
  const args = [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const npm = process.env.npm_execpath;
  const isScript = npm !== undefined && /\.c?js$/.test(npm);
  const { status } = isScript
    ? run(process.execPath, [npm, ...args])
    : run('npm', args, { shell: process.platform === 'win32' });
  if (status !== 0) {
    stop(
      'npm install failed; see its message above. Check that the npm registry is reachable: npm ping',
    );
  }
}

/** Compiles the changed sources. Takes a second or two if nothing changed. */
function build() {
  const compiled = existsSync(join(root, 'packages', 'learning-reranker', 'dist', 'cli'));
  if (!compiled) console.log('Compiling ...');
  const { status } = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  if (status !== 0) stop('The sources do not compile; see the messages above.');
  // Services and tests copy this empty database, which is faster than making one.
  const template = join(root, 'packages/learning-reranker/dist/database/template.js');
  run(process.execPath, [
    '--input-type=module',
    '--eval',
    `await (await import(${JSON.stringify(pathToFileURL(template).href)})).makeTemplate();`,
  ]);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) stop(`Cannot start ${command}: ${result.error.message}`);
  if (result.signal) process.exit(130);
  return result;
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
