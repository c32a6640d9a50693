import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import type { JudgmentFormat, RecordFormat } from '../../src/exchange/format.js';
import { registerFormat } from '../../src/exchange/index.js';
import { FormatError, rowsOfLines, textOfFile } from '../../src/exchange/lines.js';
import { mineFiles } from '../../src/mining/mine-files.js';
import { minedFiles } from '../../src/mining/store.js';
import { startTestService, type TestService } from '../api/running-service.js';

/** Everything a format of judgments needs: lines of `grade|query|document`. */
const judgments: JudgmentFormat = {
  name: 'example-judgments',
  description: 'lines of grade, query and document id',
  carries: 'judgments',
  read: (path, options) =>
    rowsOfLines(
      textOfFile(path),
      (row, line) => {
        const [grade, query, documentId] = row.split('|');
        if (!query || !documentId) throw new FormatError('expected three fields', line);
        return { grade: Number(grade), query, documentId };
      },
      options,
    ),
  exports: [
    {
      name: 'example-lines',
      description: 'judgments for the example',
      contentType: 'text/x-example',
      of: 'judgments',
      write: async (source) =>
        [...(await source.judgments())].map(
          ({ grade, query, documentId }) => `${grade}|${query}|${documentId}\n`,
        ),
    },
  ],
};

/** Everything a format of training records needs: lines of `query|positive|negative`. */
const records: RecordFormat = {
  name: 'example-records',
  description: 'lines of query, positive and negative',
  carries: 'records',
  read: (path, options) =>
    rowsOfLines(
      textOfFile(path),
      (row) => {
        const [query = '', positive = '', negative = ''] = row.split('|');
        const document = (text: string) => ({ text, doc_path_rel: '', repo_slug: '' });
        return {
          schema_version: 2 as const,
          query,
          positive: document(positive),
          negatives: [document(negative)],
          source: 'example',
        };
      },
      options,
    ),
};

let service: TestService;
let folder: string;
beforeAll(async () => {
  registerFormat(judgments);
  registerFormat(records);
  folder = await mkdtemp(join(tmpdir(), 'new-format-'));
  service = await startTestService('embedded', { sourceRoots: folder });
});
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test('the API imports it and exports it again', async () => {
  const text = '3|parse a date|dates.ts\n0|parse a date|names.ts\n';
  const path = await file('judgments', `${text}malformed\n`);
  const request = { format: 'example-judgments', path };
  const { body } = await service.call('POST', '/api/reranker/import', request);
  const { result } = await service.ended(body.run.id);
  expect(result).toMatchObject({ searches: 1, feedback: 2, malformed_count: 1 });
  expect(result.malformed).toEqual([{ line: 3, problem: 'expected three fields' }]);
  const exported = await service.call('GET', '/api/judgments/export/example-lines');
  expect(exported.headers.get('content-type')).toBe('text/x-example; charset=utf-8');
  expect(exported.body).toBe(text);
  const wrong = await service.call('POST', '/api/reranker/import', { ...request, queries: path });
  expect(wrong.status).toBe(400);
});

test('mining reads its records, and the API keeps it below the source roots', async () => {
  const request = { source: 'example-records', path: await file('records', 'q|yes|no\n') };
  const mined = await mineFiles(
    {
      dataDir: folder,
      request,
      files: minedFiles(folder, null),
      mode: 'append',
      reset: false,
    },
    { signal: new AbortController().signal, emit: () => undefined },
  );
  expect(mined).toMatchObject({ records: 1, corpus: 2, malformed: 0 });
  const [line = ''] = (await readFile(join(folder, 'triplets.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(line)).toMatchObject({ query: 'q', source: 'example' });
  const outside = { source: 'example-records', path: '/etc/hostname' };
  const refused = await service.call('POST', '/api/reranker/mine', outside);
  expect(refused).toMatchObject({ status: 400, body: { error: { field: 'path' } } });
});

test('/docs describes it', async () => {
  const { body } = await service.call('GET', '/docs/json');
  const { ImportRequest, MineRequest } = body.components.schemas;
  for (const [schema, { name, description }] of [
    [ImportRequest, judgments],
    [MineRequest, records],
  ]) {
    const text = JSON.stringify(schema);
    expect(text).toContain(name);
    expect(text).toContain(description);
  }
  const { description, parameters, responses } = body.paths['/api/judgments/export/{format}'].get;
  expect(description).toContain('`example-lines`: judgments for the example');
  const format = parameters.find(({ name }: { name: string }) => name === 'format');
  expect(format.schema.enum).toContain('example-lines');
  expect(Object.keys(responses[200].content)).toContain('text/x-example');
});

test('the command line offers it', async () => {
  const { commands } = await createProgram();
  const named = (name: string) => commands.find((command) => command.name() === name);
  expect(named('import')?.helpInformation()).toContain('"example-judgments"');
  expect(named('mine')?.helpInformation()).toContain('example-records');
  const [exporting] = named('judgments')?.commands ?? [];
  expect(exporting?.helpInformation()).toContain('"example-lines"');
});
