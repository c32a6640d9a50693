/**
 * `npm start`: installs and compiles what is missing, then serves. `npm run demo`: the same, then the main
 * job on the source code of installed packages. What follows `--` goes to the command: `npm start -- --port 9000`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

prepare();
process.argv = [process.execPath, 'reranker', ...process.argv.slice(2)];
await import(pathToFileURL(join(root, 'packages/learning-reranker/dist/cli/main.js')).href);
