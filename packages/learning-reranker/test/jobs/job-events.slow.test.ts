import { expect, test } from 'vitest';
import { JobEventReader } from '../../src/jobs/job-events.js';
import { JobQueue } from '../../src/jobs/queue.js';
import { databaseOf, describeOnDatabases } from '../database/databases.js';

describeOnDatabases('events of jobs on the %s database', (kind) => {
  const database = databaseOf(kind);

  test('a new reader finds the evaluation before a long training, and concurrent reads return each event once', async () => {
    const { db } = database;
    const queue = new JobQueue(db);
    const { id } = await queue.enqueue('train', {});
    await queue.addEvent(id, 'evaluation', { systems: [] });
    for (let step = 1; step <= 1000; step++) await queue.addEvent(id, 'step', { step });
    const reader = new JobEventReader(db, ['evaluation', 'step', 'ended']);
    const first = await reader.read();
    expect(first.isOld).toBe(true);
    expect(first.events.filter(({ type }) => type === 'evaluation')).toHaveLength(1);
    expect(first.events.at(-1)).toMatchObject({
      type: 'step',
      kind: 'train',
      data: { step: 1000 },
    });
    await queue.addEvent(id, 'step', { step: 1001 });
    await queue.addEvent(id, 'ended', { outcome: 'succeeded' });
    const both = await Promise.all([reader.read(), reader.read()]);
    expect(both.map(({ isOld }) => isOld)).toEqual([false, false]);
    expect(both.flatMap(({ events }) => events.map(({ data }) => data))).toEqual([
      { step: 1001 },
      { outcome: 'succeeded' },
    ]);
  });
});
