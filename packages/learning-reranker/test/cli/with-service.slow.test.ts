import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../api/running-service.js';

const reranker = fileURLToPath(new URL('../../bin/reranker.js', import.meta.url));
const ofService = 'The service at';

function run(dataDir: string, ...args: string[]) {
  return runWith({}, dataDir, ...args);
}

async function runWith(environment: NodeJS.ProcessEnv, dataDir: string, ...args: string[]) {
  const child = spawn(process.execPath, [reranker, ...args, '--data-dir', dataDir], {
    cwd: dirname(dataDir),
    env: {
      ...process.env,
      AGRO_RERANKER_STARTER: join(dirname(dataDir), 'starter'),
      ...environment,
    },
  });
  child.stdin.end();
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, err };
}

/** Triplets enough to train and to compare on. */
async function triplets(path: string): Promise<void> {
  const rows = Array.from({ length: 200 }, (_, at) => ({
    query: `paint number ${at} in colour ${at % 7}`,
    positive_text: `function paint${at}() { return 'colour ${at % 7} number ${at}'; }`,
    positive_doc_id: `paint${at}.ts::0`,
    negative_texts: [`function close${at}() { socket.close(${at}); }`],
    negative_doc_ids: [`close${at}.ts::0`],
  }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

describe('commands while a service runs with the data folder', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService('embedded');
  });
  afterAll(() => service.close());

  it('run trainings, evaluations and promotions as jobs of the service', async () => {
    const file = join(dirname(service.dataDir), 'triplets.jsonl');
    await triplets(file);
    const mined = await run(service.dataDir, 'mine', 'triplets', file);
    expect(mined.err + mined.out).not.toContain('rror');

    const args = ['--loss', 'bce', '--max-steps', '3', '--max-length', '32', '--batch-size', '8'];
    const trained = await run(service.dataDir, 'train', ...args, '--weight-decay', '0.01');
    expect(trained.code, trained.err).toBe(0);
    expect(trained.err).toContain(ofService);
    const model = /model (\S+)/.exec(trained.out)?.[1] as string;
    const { body } = await service.call('GET', '/api/runs?kind=train');
    expect(body.runs).toMatchObject([
      { status: 'succeeded', request: { loss: 'bce', max_steps: 3, weight_decay: 0.01 } },
    ]);
    expect(body.runs[0].result).toMatchObject({ model, loss: 'BinaryCrossEntropyLoss' });

    const evaluated = await run(service.dataDir, 'evaluate', '--model', model, '--limit', '20');
    expect(evaluated.err).toContain(ofService);
    expect(evaluated.out).toContain('NDCG@10');
    expect(evaluated.out).toContain(`${model}: BinaryCrossEntropyLoss`);

    const promoted = await run(service.dataDir, 'promote', model, '--force');
    expect(promoted.err).toContain(ofService);
    expect(promoted.out).toContain(`live`);
    expect(promoted.code).toBe(0);
    const listed = await run(service.dataDir, 'runs');
    for (const kind of ['train', 'evaluate', 'promote']) expect(listed.out).toContain(kind);
  });

  it('send all training settings with a cycle, and only those of the command with a schedule', async () => {
    const { dataDir, call } = service;
    const environment = { RERANKER_TRAIN_LR: '0.0003', RERANKER_TRAIN_EPOCHS: '2' };
    await runWith(environment, dataDir, 'cycle', '--loss', 'bce');
    const { body } = await call('GET', '/api/runs?kind=cycle');
    expect(body.runs[0].request.train).toEqual({
      loss: 'bce',
      epochs: 2,
      batch_size: 16,
      max_length: 256,
      learning_rate: 0.0003,
      warmup_ratio: 0.1,
    });
    const { out } = await runWith(environment, dataDir, 'schedule', 'add', '--json');
    const { id, request } = JSON.parse(out);
    expect(request).toEqual({ train: { epochs: 2, learning_rate: 0.0003 } });
    await run(dataDir, 'schedule', 'remove', id);
  });

  it('add and remove schedules and keys of the service', async () => {
    const added = await run(service.dataDir, 'schedule', 'add', '--propose', '--json');
    const { id } = JSON.parse(added.out);
    const { body } = await service.call('GET', '/api/reranker/schedule');
    expect(body.schedules).toMatchObject([
      { id, cron: '0 3 * * *', kind: 'cycle', request: { action: 'propose' } },
    ]);
    await run(service.dataDir, 'schedule', 'remove', id);
    const after = await service.call('GET', '/api/reranker/schedule');
    expect(after.body.schedules).toEqual([]);

    const made = JSON.parse((await run(service.dataDir, 'keys', 'create', 'shop', '--json')).out);
    expect(made.key).toMatch(/^rr_/);
    expect((await run(service.dataDir, 'keys', 'revoke', made.id)).code).toBe(0);
    expect((await run(service.dataDir, 'keys', 'revoke', made.id)).err).toContain('no active key');
  });

  it('show and export the judgments from feedback', async () => {
    await service.call('POST', '/api/events', {
      event_id: 'e1',
      query: 'parse a date',
      documents: [
        { id: 'a', text: 'socket.close()' },
        { id: 'b', text: 'new Date(text)' },
      ],
    });
    const vote = { event_id: 'e1', kind: 'thumbsup', document_id: 'b' };
    await service.call('POST', '/api/feedback', vote);
    const shown = await run(service.dataDir, 'judgments');
    expect(shown.out).toMatch(/positive.*parse a date.*b\n.*1 positive and 0 negative ratings/);
    const qrels = await run(service.dataDir, 'judgments', 'export', 'qrels');
    expect(qrels.out).toMatch(/^\S+ 0 b 2\n$/);
  });

  it('mine the evaluation samples stored in the service', async () => {
    const corpus = join(dirname(service.dataDir), 'corpus');
    await mkdir(corpus);
    await writeFile(join(corpus, 'dates.ts'), 'export const parseDate = () => new Date();\n');
    const sample = { q: 'where are dates parsed', expect_paths: ['dates.ts'] };
    await service.call('POST', '/api/evaluation-datasets', sample);
    const mined = await run(service.dataDir, 'mine', 'evaluation', '--corpus', corpus, '--json');
    expect(JSON.parse(mined.out)).toMatchObject({ samples: 1, unanswerable: 0, malformed: [] });
  });

  it('fail with the message of the service for an unknown job', async () => {
    const missing = await run(service.dataDir, 'runs', 'show', 'nothing');
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('There is no job with this id');
    const path = await run(service.dataDir, 'runs', 'show', '../../etc');
    expect(path.code).toBe(2);
  });
});

describe('commands while no service runs', () => {
  it('open the database themselves, also when a killed service left its address', async () => {
    const service = await startTestService('embedded');
    const address = await readFile(join(service.dataDir, 'service.json'), 'utf8');
    await service.close();
    expect(existsSync(join(service.dataDir, 'service.json'))).toBe(false);

    const other = await startTestService('embedded');
    try {
      // Another service answers at the address that the dead one had.
      const stale = { ...JSON.parse(address), url: other.url };
      const dataDir = join(dirname(other.dataDir), 'data-of-the-dead');
      await run(dataDir, 'runs');
      await writeFile(join(dataDir, 'service.json'), JSON.stringify(stale));
      const added = await run(dataDir, 'schedule', 'add');
      expect(added.code, added.err).toBe(0);
      expect(added.err).toContain('No service is running');
      expect((await run(dataDir, 'schedule')).out).toContain('0 3 * * *');
      // Who looks or takes back does no job that waits there.
      const queued = JSON.parse((await run(dataDir, 'runs', '--json')).out);
      expect(queued).toEqual([]);
      const { body } = await other.call('GET', '/api/reranker/schedule');
      expect(body.schedules).toEqual([]);
      await rm(dataDir, { recursive: true, force: true });
    } finally {
      await other.close();
    }
  });
});
