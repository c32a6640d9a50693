import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../api/running-service.js';

const reranker = fileURLToPath(new URL('../../bin/reranker.js', import.meta.url));

describe('files of other tools on the command line', () => {
  let service: TestService;
  let folder: string;
  beforeAll(async () => {
    service = await startTestService('embedded', { sourceRoots: '/' });
    folder = dirname(service.dataDir);
  });
  afterAll(() => service.close());

  async function run(...args: string[]) {
    const child = spawn(process.execPath, [reranker, ...args, '--data-dir', service.dataDir], {
      cwd: folder,
    });
    child.stdin.end();
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, out, err };
  }

  it('exports a BEIR folder, refuses to overwrite it, and mines it', async () => {
    const documents = [{ id: 'a', text: 'say a' }, { id: 'b', text: 'say b' }, { id: 'c' }];
    await service.call('POST', '/api/events', { event_id: 'e', query: 'what', documents });
    for (const [document_id, kind] of [
      ['a', 'star5'],
      ['b', 'thumbsdown'],
      ['c', 'thumbsup'],
    ]) {
      await service.call('POST', '/api/feedback', { event_id: 'e', document_id, kind });
    }
    expect(await run('judgments', 'export', 'beir')).toMatchObject({ code: 2 });
    const went = await run('judgments', 'export', 'beir', '--output', 'clicks');
    expect(went.out, went.err).toContain('1 queries, 2 documents, 2 judgments');
    expect(went.out).toContain('1 judgments were left out');
    const qrels = await readFile(join(folder, 'clicks/qrels/test.tsv'), 'utf8');
    expect(qrels).toMatch(/^query-id\tcorpus-id\tscore\n(\S+)\ta\t3\n\1\tb\t0\n$/);
    expect((await run('judgments', 'export', 'beir', '--output', 'clicks')).code).toBe(1);
    const came = await run('mine', 'beir', 'clicks');
    expect(came.out, came.err).toContain('1 evaluation samples, 0 training records, 2 documents');
  });

  it('an import names the first malformed lines, and fails if all are malformed', async () => {
    const path = join(folder, 'judgments.csv');
    await writeFile(path, 'grade,query,docid\n1,q,a\nx,q,b\n,q,c\n2,,d\n1,q\n');
    const some = await run('import', path, '--format', 'judgment-csv');
    expect(some.code, some.err).toBe(0);
    expect(some.err).toContain('line 3: expected a number as its grade');
    expect(some.err).toContain('line 5: expected a query and a docid');
    expect(some.err).not.toContain('line 6');
    expect(some.err).toContain('1 more malformed lines');
    expect(some.out).toContain('Added 1 searches and 1 clicks and ratings');
    const none = await run('import', path, '--format', 'ubi');
    expect(none.code).toBe(1);
    expect(none.err).toMatch(/no row is valid, and 6 are malformed \(line 1: /);
    const wordless = await run('import', path, '--format', 'qrels');
    expect(wordless.code).toBe(2);
    expect(wordless.err).toContain('--queries');
  });

  it('mines triples and rows for SBERT as records', async () => {
    await writeFile(join(folder, 'triples.tsv'), 'q\tyes\tno\nhalf\n');
    const triples = await run('mine', 'ms-marco', 'triples.tsv');
    expect(triples.out, triples.err).toContain('1 training records');
    expect(triples.err).toContain('line 2: expected three texts');
    await writeFile(join(folder, 'bad.jsonl'), '{}\n');
    expect(await run('mine', 'sbert', 'bad.jsonl')).toMatchObject({ code: 1 });
  });
});
