#!/usr/bin/env node
/** The command line, where it was compiled to; this file is there before anything is compiled. */
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('reranker is not compiled yet. In the repository run: npm start, or npm run build');
  process.exitCode = 1;
}
