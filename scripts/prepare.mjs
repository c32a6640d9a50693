/** Makes a clone ready to run: the right Node, what package-lock.json lists, and the compiled sources. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Everything, in order; each step says something only when it has work to do. Ends the process where one fails. */
export function prepare() {
  refuseOldNode();
  if (!isInstalled()) install();
  build();
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(
    `Node 20.19 or later is needed, this is ${process.versions.node}. Get it from https://nodejs.org or, with nvm: nvm install 20`,
  );
}

/** Whether node_modules holds what package-lock.json lists, by npm's own note of what it installed. */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    // Optional packages are for other platforms as often as not; links are checked by being there.
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
 * npm install rather than npm ci: some registries lack binaries for other platforms, a lock file made there
 * does not list them, and npm ci then refuses. Versions are those of the lock file all the same.
 * Install scripts stay off: onnxruntime-node's would download CUDA libraries that nothing here uses.
 */
function install() {
  console.log('Installing what is missing (npm install) ...');
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
    stop('npm install failed; its own message is above. Is the npm registry reachable (npm ping)?');
  }
}

/** Compiles what changed since the last time; a second or two where nothing did. */
function build() {
  const compiled = existsSync(join(root, 'packages', 'learning-reranker', 'dist', 'cli'));
  if (!compiled) console.log('Compiling ...');
  const { status } = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  if (status !== 0) stop('the sources do not compile; the messages are above.');
  // Once, so that no service and no test makes an empty database from nothing.
  const template = join(root, 'packages/learning-reranker/dist/database/template.js');
  run(process.execPath, [
    '--input-type=module',
    '--eval',
    `await (await import(${JSON.stringify(pathToFileURL(template).href)})).makeTemplate();`,
  ]);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) stop(`${command} could not be started: ${result.error.message}`);
  if (result.signal) process.exit(130);
  return result;
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
