import { expect, it } from 'vitest';
import { GroupedWriter } from '../../src/feedback/grouped-writer.js';

/** What became of rows that were sent at once, and of which rows each attempt to write was. */
async function sent(ids: readonly string[], insert: (ids: readonly string[]) => void) {
  const attempts: string[][] = [];
  const writer = new GroupedWriter<string>(
    async (_texts, rows) => {
      attempts.push([...rows]);
      insert(rows);
      return rows;
    },
    (row) => row,
  );
  const written = await Promise.allSettled(ids.map((id) => writer.write(new Map(), [id])));
  return { attempts, statuses: written.map(({ status }) => status) };
}

it('writes together what waits', async () => {
  const { attempts, statuses } = await sent(['a', 'b', 'c'], () => undefined);
  expect(attempts).toEqual([['a'], ['b', 'c']]);
  expect(statuses).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
});

it('tries each by itself where together they are refused', async () => {
  const { attempts, statuses } = await sent(['a', 'b', 'c'], (rows) => {
    if (rows.includes('b')) throw new Error('refused');
  });
  expect(attempts).toEqual([['a'], ['b', 'c'], ['b'], ['c']]);
  expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('does not wait once for each where the database is away', async () => {
  const { attempts, statuses } = await sent(['a', 'b', 'c'], () => {
    throw new Error('timeout exceeded when trying to connect');
  });
  expect(attempts).toEqual([['a'], ['b', 'c']]);
  expect(statuses).toEqual(['rejected', 'rejected', 'rejected']);
});
