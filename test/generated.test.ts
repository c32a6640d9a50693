import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

test.each(['scripts/compile-kernel.mjs', 'scripts/generate-reference.mjs'])(
  'what %s writes is what its sources say',
  (script) => {
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { cwd: root });
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  },
);
