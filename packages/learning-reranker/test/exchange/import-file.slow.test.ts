import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { importFile } from '../../src/exchange/import-file.js';
import { importRows } from '../../src/feedback/import-rows.js';
import { searchesOfGrades } from '../../src/feedback/judged-lists.js';
import { FeedbackStore } from '../../src/feedback/store.js';
import { judge } from '../../src/judgments/judge.js';
import { readLog } from '../../src/judgments/read-log.js';
import { databaseOf, describeOnDatabases } from '../database/databases.js';

/** Rows as the older product wrote them, addresses and agents of callers among them. */
const OLD_LOG = [
  {
    type: 'query',
    event_id: 'old-1',
    ts: '2025-10-16T02:45:00.123456+00:00',
    query_raw: 'where is auth validated',
    client_ip: '10.1.2.3',
    user_agent: 'planted-agent',
    retrieval: [
      { doc_id: 'auth.py', score: 0.9, text: 'def validate(token): ...', clicked: false },
      { doc_id: 'login.py', score: 0.4, text: 'def login(): ...', clicked: true },
    ],
  },
  {
    type: 'feedback',
    event_id: 'old-1',
    ts: 1760582700,
    feedback: { signal: 'thumbsup', doc_id: 'auth.py' },
  },
  {
    type: 'feedback',
    event_id: 'old-1',
    feedback: { signal: 'note', note: 'the second is right' },
  },
];

/** As the specification of User Behavior Insights 1.3 shows them, and a position from before it. */
const UBI = [
  {
    query_id: 'ubi-1',
    user_query: 'toner',
    client_id: 'client-1',
    application: 'shop',
    timestamp: '2026-01-05T10:00:00.000Z',
    query_response_hit_ids: ['1', '2', '3'],
  },
  ...[2, { index: 2 }].map((ordinal, at) => ({
    action_name: 'click',
    query_id: 'ubi-1',
    client_id: 'client-1',
    timestamp: `2026-01-05T10:00:0${at + 1}.000Z`,
    message_type: 'CLICK_THROUGH',
    event_attributes: { object: { object_id: '2', object_id_field: 'ean' }, position: { ordinal } },
  })),
  {
    action_name: 'impression',
    query_id: 'ubi-1',
    event_attributes: { object: { object_id: '1' } },
  },
];

describeOnDatabases('importing into the %s database', (kind) => {
  const database = databaseOf(kind);
  let store: FeedbackStore;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reranker-import-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    store = new FeedbackStore(database.db);
    await store.clear();
  });

  const file = async (rows: readonly (object | string)[]) => {
    const path = join(folder, 'rows.jsonl');
    const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)));
    await writeFile(path, lines.join('\n'));
    return path;
  };

  test('the older log is imported with clicks, votes and notes, and without its callers', async () => {
    const path = await file(OLD_LOG);
    expect(await importFile(store, { format: 'log', path })).toMatchObject({
      searches: 1,
      feedback: 3,
      duplicates: 0,
      malformed_count: 0,
    });
    const [logged] = await store.list(10);
    expect(logged).toMatchObject({
      event_id: 'old-1',
      query: 'where is auth validated',
      documents: [
        { position: 1, id: 'auth.py', score: 0.9 },
        { position: 2, id: 'login.py' },
      ],
    });
    const said = logged?.feedback.map((one) => [one.kind, one.document_id]);
    expect(said).toContainEqual(['click', 'login.py']);
    expect(said).toContainEqual(['thumbsup', 'auth.py']);
    expect(said).toContainEqual(['note', null]);
    expect(JSON.stringify(logged)).not.toMatch(/planted-agent|10\.1\.2\.3/);
  });

  test('nothing is learned from its smoke tests, test browsers and bursts', async () => {
    const row = (event_id: string, extra: object) => ({ ...OLD_LOG[0], event_id, ...extra });
    const path = await file([
      row('smoke', { route: '/api/reranker/smoketest' }),
      row('browser', { user_agent: 'Mozilla/5.0 Playwright/1.56' }),
      ...Array.from({ length: 14 }, (_, at) => row(`again-${at}`, { query_raw: 'foo' })),
      ...Array.from({ length: 14 }, (_, at) =>
        row(`others-${at}`, { query_raw: 'foo', client_ip: `10.1.2.${at + 10}` }),
      ),
    ]);
    await importFile(store, { format: 'log', path });
    const logged = await store.list(100);
    const excluded = (reason: string) =>
      logged.filter((one) => one.excluded === reason).map(({ event_id }) => event_id);
    expect(excluded('test').sort()).toEqual(['browser', 'smoke']);
    expect(excluded('burst')).toHaveLength(4);
    expect(excluded('burst').every((id) => id.startsWith('again-'))).toBe(true);
    expect(JSON.stringify(logged)).not.toMatch(/Playwright|10\.1\.2/);
  });

  test('a document that the older log marks as right is imported as a vote', async () => {
    const known = { ...OLD_LOG[0], ground_truth_refs: ['auth.py', 'not-shown.py'] };
    await importFile(store, { format: 'log', path: await file([known]) });
    const [logged] = await store.list(1);
    const said = logged?.feedback.map((one) => `${one.kind} ${one.document_id}`).sort();
    expect(said).toEqual(['click login.py', 'thumbsup auth.py']);
  });

  test("UBI's list of a query is imported, and a click with either form of position", async () => {
    const path = await file(UBI);
    const imported = await importFile(store, { format: 'ubi', path });
    expect(imported).toMatchObject({ searches: 1, feedback: 2, ignored: 1, malformed_count: 0 });
    const [logged] = await store.list(10);
    expect(logged?.documents.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(logged?.feedback.map(({ document_id }) => document_id)).toEqual(['2', '2']);
  });

  test.each([0, { index: 0 }, -1])(
    'of UBI the position %j is refused: ranks are from 1',
    async (ordinal) => {
      const event = {
        ...UBI[1],
        event_attributes: { object: { object_id: '2' }, position: { ordinal } },
      };
      const imported = await importFile(store, {
        format: 'ubi',
        path: await file([UBI[0] as object, event]),
      });
      expect(imported).toMatchObject({ searches: 1, feedback: 0, malformed_count: 1 });
      expect(imported.malformed[0]?.problem).toMatch(/the first is 1/);
    },
  );

  test.each([
    ['log', OLD_LOG, 4],
    ['ubi', UBI, 3],
  ] as const)('a file of %s counts once, read as often as may be', async (format, rows, all) => {
    const path = await file(rows);
    await importFile(store, { format, path });
    const counts = await store.counts();
    const again = await importFile(store, { format, path });
    expect(again).toMatchObject({ searches: 0, feedback: 0, duplicates: all });
    expect(await store.counts()).toEqual(counts);
  });

  test('malformed rows are listed by line, and the rest is imported', async () => {
    const [query = '', vote = ''] = OLD_LOG;
    const noQuery = { type: 'query', event_id: 'old-2', retrieval: [] };
    const future = { ...(vote as object), ts: '2999-01-01T00:00:00Z' };
    const path = await file([query, '{"type": "que', noQuery, { type: 'else' }, future, vote]);
    const imported = await importFile(store, { format: 'log', path });
    expect(imported).toMatchObject({ searches: 1, feedback: 2, malformed_count: 4 });
    expect(imported.malformed.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  test('a vote may be in the row itself, as in some older logs', async () => {
    const flat = { type: 'feedback', event_id: 'old-1', doc_id: 'auth.py', signal: 'thumbsup' };
    const path = await file([OLD_LOG[0] as object, flat, { type: 'feedback', event_id: 'old-1' }]);
    const imported = await importFile(store, { format: 'log', path });
    expect(imported).toMatchObject({ searches: 1, feedback: 2, malformed_count: 1 });
    expect(imported.malformed).toEqual([
      { line: 3, problem: expect.stringContaining('signal: expected one of') },
    ]);
    const [logged] = await store.list(10);
    expect(logged?.feedback).toContainEqual(
      expect.objectContaining({ kind: 'thumbsup', document_id: 'auth.py' }),
    );
  });

  test('a file without a readable row fails and gives the reasons by line', async () => {
    const path = await file(['{"type": "que', { type: 'else' }, 'no JSON', 'nor this']);
    await expect(importFile(store, { format: 'log', path })).rejects.toThrow(
      /no row is valid, and 4 are malformed \(line 1: .*; line 2: .*; line 3: [^;]*\)/,
    );
    const empty = await file([]);
    expect(await importFile(store, { format: 'log', path: empty })).toMatchObject({ searches: 0 });
  });

  test('many rows are imported in parts, also a vote before its search', async () => {
    const queries = Array.from({ length: 1300 }, (_, at) => ({
      ...OLD_LOG[0],
      event_id: `many-${at}`,
      ts: 1_700_000_000 + 60 * at,
    }));
    const early = { ...OLD_LOG[1], event_id: 'many-1299' };
    const told: number[] = [];
    const path = await file([early, ...queries]);
    const imported = await importFile(
      store,
      { format: 'log', path },
      {
        onProgress: ({ searches }) => told.push(searches),
      },
    );
    expect(imported).toMatchObject({ searches: 1300, feedback: 1301 });
    expect(told.length).toBeGreaterThan(2);
    expect(told.at(-1)).toBe(1300);
  });

  test('it stops when it is aborted, and names a missing file', async () => {
    const path = await file(OLD_LOG);
    const signal = AbortSignal.abort();
    await expect(importFile(store, { format: 'log', path }, { signal })).rejects.toThrow(/abort/i);
    expect((await store.counts()).searches).toBe(0);
    const missing = join(folder, 'missing.jsonl');
    await expect(importFile(store, { format: 'log', path: missing })).rejects.toThrow(
      /does not exist/,
    );
  });

  test('the later of two grades for the same document wins', async () => {
    async function* rows() {
      for (let line = 1; line <= 16; line++) {
        yield { line, query: `q${line % 8}`, documentId: 'd', grade: line <= 8 ? 0 : 3 };
      }
    }
    await importRows(store, (onMalformed) => searchesOfGrades(rows(), onMalformed), {});
    const { queries } = judge(await readLog(database.db));
    const judgments = [...queries].flatMap((query) => query.judgments);
    expect(judgments.map(({ grade }) => grade)).toEqual(Array(8).fill(3));
  });
});
