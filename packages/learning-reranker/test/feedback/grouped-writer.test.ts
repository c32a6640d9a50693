import { expect, it } from 'vitest';
import { GroupedWriter } from '../../src/feedback/grouped-writer.js';

/** The outcome of rows that are sent at once, and the rows of each attempt to write. */
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

it('writes waiting batches together', async () => {
  const { attempts, statuses } = await sent(['a', 'b', 'c'], () => undefined);
  expect(attempts).toEqual([['a'], ['b', 'c']]);
  expect(statuses).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
});

it('writes each batch alone if the group fails', async () => {
  const { attempts, statuses } = await sent(['a', 'b', 'c'], (rows) => {
    if (rows.includes('b')) throw new Error('refused');
  });
  expect(attempts).toEqual([['a'], ['b', 'c'], ['b'], ['c']]);
  expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('fails all at once if the database is away', async () => {
  const { attempts, statuses } = await sent(['a', 'b', 'c'], () => {
    throw new Error('timeout exceeded when trying to connect');
  });
  expect(attempts).toEqual([['a'], ['b', 'c']]);
  expect(statuses).toEqual(['rejected', 'rejected', 'rejected']);
});
