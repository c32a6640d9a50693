/**
 * `npm start`: installs and compiles what is missing, then runs the main job on the source code of
 * installed packages. What follows `--` goes to `reranker demo`: `npm start -- --fresh`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

prepare();
process.argv = [process.execPath, 'reranker', 'demo', ...process.argv.slice(2)];
await import(pathToFileURL(join(root, 'packages/learning-reranker/dist/cli/main.js')).href);
