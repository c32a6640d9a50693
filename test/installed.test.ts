import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const json = (path: string) => JSON.parse(readFileSync(`${root}/${path}`, 'utf8'));

test('a clone has the command that the README names', () => {
  const bin = `${root}/node_modules/.bin/reranker`;
  const options = { encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const { version } = json('packages/learning-reranker/package.json');
  expect(execFileSync(bin, ['--version'], options).trim()).toBe(version);
});

/** npm links a workspace's commands only where the lock file names them. */
test('the lock file says of each package what its package.json says', () => {
  const { packages } = json('package-lock.json');
  for (const name of ['onnx-autodiff', 'cross-encoder', 'learning-reranker']) {
    const path = `packages/${name}`;
    const { bin, dependencies } = json(`${path}/package.json`);
    expect(packages[path].dependencies).toEqual(dependencies);
    const commands = Object.keys(bin ?? {});
    expect(Object.keys(packages[path].bin ?? {})).toEqual(commands);
  }
});
