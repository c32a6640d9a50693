/**
 * `npm start` installs and compiles what is missing, then starts the service. `npm run demo` does the same, then
 * runs the demo. Options after `--` go to the command: `npm start -- --port 9000`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

prepare();
process.argv = [process.execPath, 'reranker', ...process.argv.slice(2)];
await import(pathToFileURL(join(root, 'packages/learning-reranker/bin/reranker.js')).href);
