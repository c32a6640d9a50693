import { expect, test } from 'vitest';
import { withGradient } from '../src/index.js';
import * as ops from '../src/ops/index.js';
import { examples, exempt } from './examples.js';
import { expectFiniteDifferences } from './finite-differences.js';

test('every exported op has an example, or a reason why not', () => {
  const neither = Object.keys(ops).filter((name) => !(name in examples) && !(name in exempt));
  expect(neither).toEqual([]);
  expect(Object.keys(exempt).filter((name) => name in examples || !(name in ops))).toEqual([]);
});

const cases = Object.entries(examples).flatMap(([name, own]) =>
  own.map((example) => {
    const shapes = example.shapes.map((shape) => `[${shape}]`).join(' ');
    return [`${name} of ${shapes}`, example] as const;
  }),
);

test.each(cases)('the gradient of %s equals finite differences', (_, example) =>
  expectFiniteDifferences(example),
);

test('a wrong gradient does not pass', async () => {
  const wrong = expectFiniteDifferences({
    shapes: [[3]],
    apply: (x) => withGradient('wrong', [x], [ops.exp(x)], ([gradient]) => [gradient ?? null]),
  });
  await expect(wrong).rejects.toThrow('by differences');
});
