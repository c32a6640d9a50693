import { beforeEach, expect, test } from 'vitest';
import { feedbackSchema, searchSchema } from '../../src/feedback/schema.js';
import { FeedbackStore } from '../../src/feedback/store.js';
import { judge } from '../../src/judgments/judge.js';
import { readLog } from '../../src/judgments/read-log.js';
import { databaseOf, describeOnDatabases } from '../database/databases.js';
import { positionBased, searches, world } from './simulated-users.js';

const CLICKS = 10_000;
const truth = world(200, 10);
const honest = [...searches(truth, positionBased, 12_000, { clients: 600 })];
const minute = (at: number) => new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();

describeOnDatabases(`${CLICKS} clicks of one client in the %s database`, (kind) => {
  const database = databaseOf(kind);
  let store: FeedbackStore;
  let before: Map<string, string>;

  beforeEach(async () => {
    store = new FeedbackStore(database.db);
    await store.clear();
    await record(honest.map(({ feedback, ...search }) => search));
    await click(
      honest.flatMap(({ eventId, clientId, feedback }) =>
        feedback.map(({ documentId }) => ({
          event_id: eventId,
          documentId,
          client_id: clientId ?? '',
        })),
      ),
    );
    before = await labels();
    expect(before.size).toBeGreaterThan(1500);
  });

  async function record(
    rows: readonly Omit<(typeof honest)[number], 'feedback'>[],
    from = 0,
  ): Promise<void> {
    for (let at = 0; at < rows.length; at += 2000) {
      const part = rows.slice(at, at + 2000).map(({ eventId, query, clientId, shown }, index) =>
        searchSchema.parse({
          event_id: eventId,
          query,
          client_id: clientId ?? undefined,
          documents: shown.map(({ id }) => ({ id, text: id })),
          time: minute(from + at + index),
        }),
      );
      await store.recordSearches(part);
    }
  }

  async function click(
    rows: readonly {
      event_id: string;
      documentId: string;
      client_id: string;
      kind?: 'thumbsdown';
    }[],
  ): Promise<void> {
    for (let at = 0; at < rows.length; at += 2000) {
      const part = rows
        .slice(at, at + 2000)
        .map(({ documentId, kind = 'click', ...row }) =>
          feedbackSchema.parse({ ...row, kind, document_id: documentId }),
        );
      await store.recordFeedback(part);
    }
  }

  /** The label of each document for each query. */
  async function labels(): Promise<Map<string, string>> {
    const { queries } = judge(await readLog(database.db));
    const judgments = [...queries].flatMap((query) => query.judgments);
    return new Map(judgments.map((one) => [`${one.query} ${one.documentId}`, one.label]));
  }

  async function shareMoved(): Promise<number> {
    const after = await labels();
    const moved = [...before].filter(([key, label]) => after.get(key) !== label).length;
    return moved / before.size;
  }

  test('move less than 1 % of the labels, each on a search of its own', async () => {
    const own = Array.from({ length: CLICKS }, (_, at) => {
      const { query, shown } = honest[at % honest.length] as (typeof honest)[number];
      return { eventId: `attack${at}`, query, clientId: 'attacker', shown };
    });
    await record(own, 200_000);
    await click(
      own.map(({ eventId, shown }) => ({
        event_id: eventId,
        documentId: shown.at(-1)?.id ?? '',
        client_id: 'attacker',
      })),
    );
    expect(await shareMoved()).toBeLessThan(0.01);
  });

  test('move less than 1 % of the labels on the searches of others, and so do votes', async () => {
    const others = honest.slice(0, CLICKS).map(({ eventId, shown }) => ({
      event_id: eventId,
      documentId: shown.at(-1)?.id ?? '',
      client_id: 'attacker',
    }));
    await click(others);
    expect(await shareMoved()).toBeLessThan(0.01);
    await click(
      others.map((row) => ({ ...row, client_id: 'second', kind: 'thumbsdown' as const })),
    );
    expect(await shareMoved()).toBeLessThan(0.01 * 2);
  });
});
