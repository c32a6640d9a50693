import { describe, expect, it } from 'vitest';
import { epochsOf } from '../../src/training/plan-training.js';

describe('passes over the records', () => {
  it('equal the setting', () => {
    expect(epochsOf(0.5, 10)).toBe(0.5);
    expect(epochsOf(7, 1_000_000)).toBe(7);
  });

  it.each([
    [1, 3],
    [500, 3],
    [749, 3],
    [750, 2],
    [1499, 2],
    [1500, 1],
    [1_000_000, 1],
  ])('over %i records are %i by default', (records, epochs) => {
    expect(epochsOf('auto', records)).toBe(epochs);
  });
});
