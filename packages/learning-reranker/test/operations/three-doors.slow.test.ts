import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';
import { startTestService, type TestService } from '../api/running-service.js';

/** The same operations by three doors: a command alone, a command beside a service, and the API. */

const reranker = fileURLToPath(new URL('../../bin/reranker.js', import.meta.url));
let folder: string;
let withCommand: TestService;
let withApi: TestService;

/** Functions that an ordinary package documents, enough for thirty held-out ones. */
async function writePackage(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  const letter = (at: number) => String.fromCharCode(97 + (at % 26));
  for (let file = 0; file < 20; file++) {
    const functions = Array.from({ length: 20 }, (_, at) => {
      const number = file * 20 + at;
      const word = `${letter(number)}${letter(number / 26)}${letter(number * 7)}k`;
      return `/** Opens the gate of ${word} for visitors from ${word}ia. */
export function ${word}Open(visitors: string[]): string {
  return visitors.map((visitor) => visitor + ' enters ${word} number ${number}').join();
}
`;
    });
    await writeFile(join(path, `part-${file}.ts`), functions.join('\n'));
  }
}

const settings = {
  AGRO_RERANKER_MAXLEN: '32',
  RERANKER_TRAIN_MAX_LENGTH: '32',
  RERANKER_TRAIN_BATCH: '8',
  RERANKER_TRAIN_LR: '0.001',
};

// biome-ignore lint/suspicious/noExplicitAny: results are compared field by field
async function command(dataDir: string, ...args: string[]): Promise<any> {
  const child = spawn(process.execPath, [reranker, ...args, '--json', '--data-dir', dataDir], {
    cwd: folder,
    env: { ...process.env, ...settings, AGRO_RERANKER_STARTER: join(folder, 'starter') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`${args.join(' ')}: ${out}${err}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as above
async function job(service: TestService, operation: string, request: object): Promise<any> {
  const { status, body } = await service.call('POST', `/api/reranker/${operation}`, request);
  expect(status, JSON.stringify(body)).toBe(202);
  const { result, error } = await service.ended(body.run.id);
  expect(error).toBeNull();
  return result;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doors-'));
  await tinyModel({ dropout: 0.1 }).save(join(folder, 'starter'));
  await writePackage(join(folder, 'node_modules', 'zod'));
  const sourceRoots = folder;
  withCommand = await startTestService('embedded', { sourceRoots });
  withApi = await startTestService('embedded', { sourceRoots });
  // All three start from the same model.
  for (const { dataDir } of [withCommand, withApi]) {
    await cp(join(folder, 'starter'), join(dirname(dataDir), 'starter'), { recursive: true });
  }
});
afterAll(async () => {
  await withCommand.close();
  await withApi.close();
  await rm(folder, { recursive: true, force: true });
});

/** What must be equal: everything but model ids, times and paths. */
// biome-ignore lint/suspicious/noExplicitAny: results are compared field by field
function comparable(value: any): any {
  return JSON.parse(
    JSON.stringify(value, (key, one) => {
      if (/^(seconds|time|path|since|from|to|model|modelId|live)$/.test(key)) return undefined;
      return typeof one === 'string' ? one.replace(/\d{8}T\d{6}Z-[\w-]+/g, '<model>') : one;
    }),
  );
}

test('mine, train, evaluate and promote give the same result on the command line and by the API', async () => {
  const alone = join(folder, 'alone');
  const beside = withCommand.dataDir;
  const source = join(folder, 'node_modules', 'zod');

  const { path: _path, ...mined } = await command(alone, 'mine', 'code', source);
  const { path: _other, ...minedBeside } = await command(beside, 'mine', 'code', source);
  expect(minedBeside).toEqual(mined);
  expect(await job(withApi, 'mine', { source: 'code', folders: [source] })).toMatchObject(mined);

  const steps = ['--loss', 'bce', '--max-steps', '4', '--seed', '5'];
  const trained = await command(alone, 'train', ...steps);
  const trainedBeside = await command(beside, 'train', ...steps);
  const trainedByApi = await job(withApi, 'train', { loss: 'bce', max_steps: 4, seed: 5 });
  expect(trained).toMatchObject({ loss: 'BinaryCrossEntropyLoss', steps: 4, reason: 'completed' });
  expect(comparable(trainedBeside)).toEqual(comparable(trained));
  expect(comparable(trainedByApi)).toEqual(comparable(trained));

  const compare = (model: string) => ['--model', model, '--against', 'live', '--limit', '30'];
  const evaluated = await command(alone, 'evaluate', ...compare(trained.model));
  const evaluatedBeside = await command(beside, 'evaluate', ...compare(trainedBeside.model));
  const evaluatedByApi = await job(withApi, 'evaluate', {
    model: trainedByApi.model,
    against: 'live',
    limit: 30,
  });
  expect(evaluated.queries).toBe(30);
  expect(comparable(evaluatedBeside)).toEqual(comparable(evaluated));
  expect(comparable(evaluatedByApi)).toEqual(comparable(evaluated));

  const promoted = await command(alone, 'promote', trained.model, '--limit', '30');
  const promotedBeside = await command(beside, 'promote', trainedBeside.model, '--limit', '30');
  const promotedByApi = await job(withApi, 'promote', { model: trainedByApi.model, limit: 30 });
  expect(comparable(promotedBeside)).toEqual(comparable(promoted));
  expect(comparable(promotedByApi)).toEqual(comparable(promoted));
});

test('the command line and the API refuse the same invalid requests', async () => {
  const refused = { name: 'LossChoiceError', message: expect.stringContaining('hinge') };
  const alone = await command(join(folder, 'alone'), 'train', '--loss', 'hinge');
  expect(alone.error).toEqual(refused);
  const beside = await command(withCommand.dataDir, 'train', '--loss', 'hinge');
  expect(beside.error.message).toContain('hinge');
  const { status, body } = await withApi.call('POST', '/api/reranker/train', { loss: 'hinge' });
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ field: 'loss', message: alone.error.message });
});

test('the demo mines, trains and decides the same on the command line and by the API', async () => {
  const modules = join(folder, 'node_modules');
  const alone = await command(join(folder, 'demo-alone'), 'demo', modules, '--loss', 'bce');
  const beside = await command(withCommand.dataDir, 'demo', modules, '--loss', 'bce');
  const fresh = await startTestService('embedded', { sourceRoots: folder });
  try {
    await cp(join(folder, 'starter'), join(dirname(fresh.dataDir), 'starter'), { recursive: true });
    const byApi = await job(fresh, 'demo', { folder: modules, loss: 'bce' });
    // How many queries and steps fit depends on how busy the machine is; the rest does not.
    for (const one of [alone, beside, byApi]) {
      expect(one.dataset).toBe(alone.dataset);
      expect(one.mined).toMatchObject({ source: 'code', records: alone.mined.records });
      expect(one.report).toMatchObject({ loss: 'BinaryCrossEntropyLoss', against: 'starter' });
      expect(one.promoted).toBe(one.report.decision.promoted);
      expect(one.example.before).toHaveLength(one.example.after.length);
    }
  } finally {
    await fresh.close();
  }
  const again = await command(join(folder, 'demo-alone'), 'demo', modules, '--loss', 'bce');
  expect(again).toMatchObject({ reused: true, model: alone.model, promoted: alone.promoted });
});
