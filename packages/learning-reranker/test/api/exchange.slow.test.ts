import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnDatabases } from '../database/databases.js';
import { startTestService, type TestService } from './running-service.js';

const QUERY = 'parse a date, "ISO" or not';
const DOCUMENTS = [
  { id: 'my dates.ts', text: 'function parseDate(text) {}', score: 0.9 },
  { id: 'sockets.ts', text: 'function close(socket) {}', score: 0.5 },
  { id: 'names.ts', score: 0.1 },
];

describeOnDatabases('what goes and comes, on the %s database', (kind) => {
  let from: TestService;
  let to: TestService;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'exchange-'));
    [from, to] = [
      await startTestService(kind),
      await startTestService(kind, { sourceRoots: folder }),
    ];
    const older = { event_id: 'e0', query: QUERY, documents: DOCUMENTS.slice(1), model: 'old' };
    const later = { event_id: 'e1', query: QUERY, documents: DOCUMENTS, model: 'new' };
    const unscored = [{ id: 'b' }, { id: 'a', text: 'some text' }, { id: 'b' }];
    const other = { event_id: 'e2', query: 'other', documents: unscored };
    const test = { ...later, event_id: 'e3', query: 'a test', test: true };
    const at = (minute: number) => ({ time: `2026-01-01T00:0${minute}:00Z` });
    await from.call('POST', '/api/events', [
      { ...later, ...at(2) },
      { ...older, ...at(1) },
      { ...other, ...at(3) },
      { ...test, ...at(4) },
    ]);
    const vote = (event_id: string, document_id: string, kind: string) => ({
      event_id,
      document_id,
      kind,
    });
    await from.call('POST', '/api/feedback', [
      vote('e1', 'my dates.ts', 'star5'),
      vote('e1', 'sockets.ts', 'thumbsdown'),
      vote('e1', 'names.ts', 'thumbsup'),
      vote('e2', 'a', 'thumbsup'),
    ]);
  });
  afterAll(async () => {
    await Promise.all([from.close(), to.close()]);
    await rm(folder, { recursive: true });
  });

  const exported = async (format: string, service = from) => {
    const { body, headers, status } = await service.call('GET', `/api/judgments/export/${format}`);
    expect(status).toBe(200);
    return { text: body as string, type: headers.get('content-type') };
  };
  test('an option that has no effect is refused by its name', async () => {
    const statusOf = async (path: string) => (await from.call('GET', path)).status;
    const path = '/api/judgments/export';
    expect(await statusOf(`${path}/qrels?click_model=naive&minimum_clicks=2`)).toBe(200);
    expect(await statusOf(`${path}/run?from=2026-01-01T00:00:00Z`)).toBe(200);
    expect(await statusOf(`${path}/run?click_model=naive`)).toBe(400);
    const { status, body } = await from.call('GET', `${path}/triples?minimum_clicks=2`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'invalid_request', field: 'minimum_clicks' });
  });

  const kept = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const imported = async (request: object) => {
    const { body } = await to.call('POST', '/api/reranker/import', request);
    return to.ended(body.run.id);
  };
  const judged = async (service: TestService) => {
    const { body } = await service.call('GET', '/api/judgments/preview');
    const all = body.judgments as {
      query: string;
      document_id: string;
      grade: number;
      label: string;
    }[];
    return all
      .filter(({ label }) => label !== 'unsure')
      .map(({ query, document_id, grade }) => `${query} ${document_id} ${grade}`)
      .sort();
  };

  test('ids of queries are the same in qrels, run and queries; the run has the last lists shown', async () => {
    const lines = ({ text }: { text: string }) => text.trimEnd().split('\n');
    const queries = lines(await exported('queries')).map((line) => JSON.parse(line));
    expect(queries.map(({ text }) => text).sort()).toEqual(['other', QUERY]);
    const idOf = (text: string) => queries.find((one) => one.text === text)._id as string;
    expect(lines(await exported('run')).sort()).toEqual(
      [
        `${idOf(QUERY)} Q0 my%20dates.ts 1 0.9 new`,
        `${idOf(QUERY)} Q0 sockets.ts 2 0.5 new`,
        `${idOf(QUERY)} Q0 names.ts 3 0.1 new`,
        // Without scores the order decides; a document counts where it stands first.
        `${idOf('other')} Q0 b 1 1 search`,
        `${idOf('other')} Q0 a 2 0.5 search`,
      ].sort(),
    );
    expect(lines(await exported('qrels')).sort()).toEqual(
      [
        `${idOf(QUERY)} 0 my%20dates.ts 3`,
        `${idOf(QUERY)} 0 sockets.ts 0`,
        `${idOf(QUERY)} 0 names.ts 2`,
        `${idOf('other')} 0 a 2`,
      ].sort(),
    );
    const corpus = lines(await exported('corpus')).map((line) => JSON.parse(line));
    expect(corpus.map(({ _id }) => _id).sort()).toEqual(['a', 'my dates.ts', 'sockets.ts']);
  });

  test('each format has its content type, and the CSV has reasons', async () => {
    const { text, type } = await exported('csv');
    expect(type).toBe('text/csv; charset=utf-8');
    expect(text).toContain('1 positive and 0 negative ratings');
    expect((await exported('run')).type).toBe('text/plain; charset=utf-8');
    expect((await exported('queries')).type).toBe('application/x-ndjson; charset=utf-8');
    const { body } = await from.call('GET', '/docs/json');
    const document = typeof body === 'string' ? body : JSON.stringify(body);
    expect(document).toContain('text/csv');
  });

  test.each(['judgment-csv', 'qrels'])(
    '%s give the same judgments in another service, also when imported twice',
    async (format) => {
      await to.call('POST', '/api/reranker/logs/clear', {});
      const { text } = await exported(format === 'qrels' ? 'qrels' : 'csv');
      const request = {
        format,
        path: await kept('judgments', text),
        ...(format === 'qrels' && {
          queries: await kept('queries.jsonl', (await exported('queries')).text),
        }),
      };
      const first = await imported(request);
      expect(first.result).toMatchObject({ searches: 2, feedback: 4, malformed_count: 0 });
      expect(await judged(to)).toEqual(await judged(from));
      expect((await imported(request)).result).toMatchObject({
        searches: 0,
        feedback: 0,
        duplicates: 6,
      });
      expect(await judged(to)).toEqual(await judged(from));
    },
  );

  test('a corrected grade replaces the earlier one', async () => {
    const rows = (grade: number) => `grade,query,docid\n${grade},corrected,d\n`;
    await imported({ format: 'judgment-csv', path: await kept('j1', rows(0)) });
    expect(await judged(to)).toContain('corrected d 0');
    await imported({ format: 'judgment-csv', path: await kept('j2', rows(3)) });
    expect(await judged(to)).toContain('corrected d 3');
  });

  test('a run is imported as searches in the order of its ranks, and exported unchanged', async () => {
    await to.call('POST', '/api/reranker/logs/clear', {});
    const queries = await kept('queries.jsonl', (await exported('queries')).text);
    const { text } = await exported('run');
    const mixed = `${text.trimEnd().split('\n').reverse().join('\n')}\nunknown Q0 d 1 1 x\nshort\n`;
    const { result } = await imported({ format: 'run', path: await kept('run', mixed), queries });
    expect(result).toMatchObject({ searches: 2, feedback: 0, malformed_count: 2 });
    expect(result.malformed.map(({ line }: { line: number }) => line)).toEqual([6, 7]);
    const sorted = (run: string) => run.trimEnd().split('\n').sort();
    expect(sorted((await exported('run', to)).text)).toEqual(sorted(text));
  });

  test('a file without valid lines fails; a file outside the roots, or without query texts, is refused', async () => {
    const path = await kept('bad.csv', 'grade,query,docid\nx,q,d\n1,,d\n');
    const failed = await imported({ format: 'judgment-csv', path });
    expect(failed).toMatchObject({ status: 'failed' });
    expect(failed.error).toMatch(
      /line 2: expected a number as its grade; line 3: expected a query/,
    );
    const refused = await to.call('POST', '/api/reranker/import', { format: 'qrels', path });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toMatch(/queries.*texts/);
    for (const format of ['qrels', 'run']) {
      const outside = { format, path, queries: '/etc/hostname' };
      expect((await to.call('POST', '/api/reranker/import', outside)).status).toBe(400);
    }
    for (const source of ['ms-marco', 'sbert', 'beir']) {
      const outside = { source, path: '/etc' };
      expect((await to.call('POST', '/api/reranker/mine', outside)).status).toBe(400);
    }
  });

  test('exports and mines triples and rows for SBERT, and mines a BEIR folder', async () => {
    const mined = async (request: object) => {
      const { body } = await to.call('POST', '/api/reranker/mine', { mode: 'replace', ...request });
      const run = await to.ended(body.run.id);
      expect(run.error).toBeNull();
      return run.result;
    };
    const rows = [
      { query: 'a', positive: 'b', negative_1: 'c', negative_2: 'd', scores: [3, 1, -2] },
      { query: 'e', positive: 'f', negative_1: 'g', negative_2: 'h', scores: [1, 0, 0.5] },
    ].map((row) => `${JSON.stringify(row)}\n`);
    const path = await kept('sbert.jsonl', rows.join(''));
    expect(await mined({ source: 'sbert', path })).toMatchObject({ records: 2, corpus: 6 });
    expect((await exported('sbert-scored-tuples', to)).text).toBe(rows.join(''));
    const { text } = await exported('triples', to);
    expect(text).toBe('a\tb\tc\na\tb\td\ne\tf\tg\ne\tf\th\n');
    const triples = { source: 'ms-marco', path: await kept('triples.tsv', text) };
    expect(await mined(triples)).toMatchObject({ records: 2, corpus: 6 });
    expect((await exported('triples', to)).text).toBe(text);
    expect((await exported('sbert-scored-tuples', to)).text).toBe('');

    await mkdir(join(folder, 'beir/qrels'), { recursive: true });
    await kept('beir/corpus.jsonl', '{"_id":"1","title":"T","text":"t"}\n{"_id":"2","text":"u"}\n');
    await kept('beir/queries.jsonl', '{"_id":"q","text":"what"}\n');
    await kept('beir/qrels/test.tsv', 'query-id\tcorpus-id\tscore\nq\t1\t1\n');
    expect(await mined({ source: 'beir', path: join(folder, 'beir') })).toMatchObject({
      records: 0,
      corpus: 2,
      samples: 1,
    });
  });
});
