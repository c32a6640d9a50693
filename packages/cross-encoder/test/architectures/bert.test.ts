import { expect, test } from 'vitest';
import { bert } from '../../src/architectures/bert.js';
import { tinyModel } from '../tiny-model.js';

test.each([
  ['num_hidden_layers', 100_000],
  ['num_hidden_layers', 0],
  ['pad_token_id', 10_000],
  ['pad_token_id', -1],
  ['pad_token_id', 0.5],
  ['layer_norm_eps', -1],
  ['layer_norm_eps', '1e-12'],
])('a config.json whose %s is %o is refused', (key, value) => {
  const { config } = tinyModel();
  expect(() => bert.parameterShapes({ ...config, [key]: value })).toThrow(`'${key}' must be`);
});
