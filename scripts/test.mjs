/**
 * `npm test` installs and compiles what is missing, then runs all tests that need only Node.
 * Options after `--` go to Vitest: `npm test -- packages/cross-encoder/test/formats`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const given = process.argv.slice(2);
const projects = given.some((arg) => arg.startsWith('--project'))
  ? []
  : ['--project=unit', '--project=slow'];
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...projects,
    '--reporter=default',
    `--reporter=${join(root, 'scripts/closing-line-reporter.mjs')}`,
    ...given,
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
