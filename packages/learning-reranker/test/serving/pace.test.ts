import { expect, test } from 'vitest';
import { Pace } from '../../src/serving/backends/local-learning/pace.js';

test('a batch that waited for the one before counts its own time only', () => {
  const pace = new Pace();
  // Two batches are sent at any time. Each is answered 100 ms after the one before.
  for (let batch = 0; batch < 100; batch++) {
    const now = 1000 + (batch + 1) * 100;
    pace.ended(16, Math.max(1000, now - 200), now);
  }
  expect(pace.secondsFor(1600)).toBeCloseTo(10, 1);
});

test('idle time between batches does not count', () => {
  const pace = new Pace();
  for (let batch = 0; batch < 100; batch++) pace.ended(16, batch * 60_000, batch * 60_000 + 100);
  expect(pace.secondsFor(1600)).toBeCloseTo(10, 1);
});
