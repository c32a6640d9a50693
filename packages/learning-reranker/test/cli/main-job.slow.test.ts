import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';

const reranker = fileURLToPath(new URL('../../bin/reranker.js', import.meta.url));
let folder: string;

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], input = '', environment = {}): Promise<Result> {
  const child = spawn(process.execPath, [reranker, ...args], {
    cwd: folder,
    env: { ...process.env, AGRO_RERANKER_STARTER: join(folder, 'starter'), ...environment },
  });
  child.stdin.end(input);
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, err };
}

// biome-ignore lint/suspicious/noExplicitAny: what a machine reads is looked at field by field
async function json(...args: string[]): Promise<any> {
  const { out } = await run([...args, '--json']);
  return JSON.parse(out);
}

/** Documented functions, each about a thing and its colour, told apart by a word of their own. */
async function writeSources(): Promise<void> {
  const things = ['sky blue', 'sea blue', 'grass green', 'leaf green', 'blood red', 'rose red'];
  const letter = (at: number) => String.fromCharCode(97 + (at % 26));
  await mkdir(join(folder, 'src'));
  for (let file = 0; file < 20; file++) {
    const functions = Array.from({ length: 20 }, (_, at) => {
      const number = file * 20 + at;
      const [thing, colour] = (things[number % 6] as string).split(' ');
      const word = `${letter(number)}${letter(number / 26)}${letter(number * 7)}k`;
      return `/** Paints the ${thing} of ${word} as it looks to people from ${word}ia. */
export function ${word}Paint(canvas: string): string {
  return canvas + '${colour} ${word}';
}
`;
    });
    await writeFile(join(folder, 'src', `paint${file}.ts`), functions.join('\n'));
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'main-job-'));
  await tinyModel().save(join(folder, 'starter'));
  await writeSources();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the main workflow, command by command', () => {
  let model: string;

  it('mines, and reports whether the data fits a loss', async () => {
    const mined = await json('mine', 'code', './src');
    expect(mined.records).toBeGreaterThan(300);
    const again = await json('mine', 'code', './src');
    expect(again.records).toBe(mined.records);
    const shown = await json('dataset', 'show', '--loss', 'softmax');
    expect(shown).toMatchObject({ loss: 'CrossEntropyLoss', problems: [], duplicates: 0 });
    expect(shown.records).toBeLessThan(mined.records);
    const unfit = await run(['dataset', 'show', '--loss', 'MarginMSELoss']);
    expect(unfit.code).toBe(1);
    expect(unfit.out).toMatch(/refused.*no record has teacher_scores/);
  });

  it('trains, evaluates against the live model and records the result', async () => {
    const trained = await json('train', '--loss', 'softmax', '--max-steps', '6');
    expect(trained).toMatchObject({ reason: 'completed', steps: 6, loss: 'CrossEntropyLoss' });
    model = trained.modelId;
    const evaluated = await json('evaluate', '--model', model, '--against', 'live');
    expect(evaluated.queries).toBeGreaterThanOrEqual(30);
    const names = evaluated.systems.map(({ system }: { system: string }) => system);
    expect(names).toEqual([
      'BM25',
      model,
      `${model} with BM25, alpha 0.7`,
      'starter',
      'starter with BM25, alpha 0.7',
    ]);
    expect(evaluated).toMatchObject({ loss: 'CrossEntropyLoss', base: 'starter', seed: 42 });
    const { manifest } = await json('models', model);
    expect(manifest.blendAlpha).toBe(evaluated.best_alpha);
    expect(manifest.evaluation.hash).toBe(evaluated.evaluation);
    const served = await run(['evaluate', '--model', model], '', { AGRO_RERANKER_ALPHA: 'auto' });
    expect(served.out).toContain(`with BM25, alpha ${evaluated.best_alpha}`);
  });

  it('promotes only a better model unless forced, and rolls back', async () => {
    const refused = await run(['promote', model, '--minimum-queries', '100000']);
    expect(refused.code).toBe(1);
    expect(refused.out).toMatch(/not promoted.*at least 100000 held-out queries/);
    expect((await json('models')).live).toBe('starter');
    expect(await json('promote', model, '--force')).toMatchObject({ promoted: true, forced: true });
    expect((await json('models')).live).toBe(model);
    expect((await json('rollback')).to).toBe('starter');
    const history = await json('history');
    expect(history.map(({ action }: { action: string }) => action)).toEqual([
      'force-promote',
      'rollback',
    ]);
    expect((await run(['rollback'])).code).toBe(1);
  });

  it('reranks a file or standard input, and skips malformed lines', async () => {
    const documents = '{"id":"a","text":"blue"}\n"red"\n{"id":\n{"id":3,"text":"green"}\n';
    await writeFile(join(folder, 'candidates.jsonl'), documents);
    const ranked = await json('rerank', 'sky', '--documents', 'candidates.jsonl');
    expect(ranked.results).toHaveLength(3);
    expect(ranked.malformed).toMatchObject([{ line: 3 }]);
    const piped = await run(['rerank', 'sky', '--documents', '-', '--top-n', '1'], documents);
    expect(piped.code).toBe(0);
    expect(piped.out.trim().split('\n')).toHaveLength(1);
    expect(piped.err).toMatch(/line 3: /);
    const strict = await run(['rerank', 'sky', '--documents', 'candidates.jsonl', '--strict']);
    expect(strict).toMatchObject({ code: 1, out: '' });
    expect(strict.err).toMatch(/line 3/);
  });

  it('writes no folder of this machine into a model card', async () => {
    const card = await readFile(
      join(folder, '.learning-reranker/models', model, 'README.md'),
      'utf8',
    );
    expect(card).not.toContain(folder);
    expect(card).not.toContain('Paints');
    expect(await readdir(join(folder, '.learning-reranker/models'))).toEqual(
      expect.arrayContaining(['history.jsonl', 'live.json', model]),
    );
  });
});

describe('wrong use', () => {
  it('exits with 2 and says what to do', async () => {
    const cases: [string[], RegExp][] = [
      [['trian'], /Did you mean train/],
      [['rerank', 'q'], /--documents/],
      [['train', '--loss', 'hinge'], /[Cc]hoose one of softmax/],
      [['train', '--loss', 'SoftmaxLoss'], /bi-encoder loss.*CrossEntropyLoss/],
      [['train', '--loss', 'mnr'], /AGRO_RERANKER_ENABLE_MNR=1/],
      [['train', '--learning-rate', 'fast'], /--learning-rate/],
      [['train', '--max-steps', '0'], /whole number of at least 1/],
      [['evaluate', '--split', 'train'], /dev, test/],
      [['completion', 'tcsh'], /bash, zsh or fish/],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await run(args);
      expect([args, code]).toEqual([args, 2]);
      expect(err).toMatch(message);
      expect(err).not.toMatch(/\n\s+at /);
    }
  });

  it('prints the same error as JSON', async () => {
    const { code, out } = await run(['train', '--loss', 'hinge', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out).error.name).toBe('LossChoiceError');
  });

  it('of an unknown model exits with 1, and shows a stack trace only with --verbose', async () => {
    const { code, err } = await run(['evaluate', '--model', 'nothing']);
    expect(code).toBe(1);
    expect(err).toMatch(/There is no model 'nothing'\. Choose one of: live, starter/);
    expect(err).not.toMatch(/\n\s+at /);
    expect((await run(['evaluate', '--model', 'nothing', '--verbose'])).err).toMatch(/\n\s+at /);
  });
});

describe('Ctrl-C while training', () => {
  it('keeps a checkpoint and says how to continue', async () => {
    const child = spawn(process.execPath, [reranker, 'train', '--loss', 'bce', '--epochs', '50'], {
      cwd: folder,
      env: { ...process.env, AGRO_RERANKER_STARTER: join(folder, 'starter') },
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      if (!/step \d+\//.test(err) && /step \d+\//.test(err + part)) child.kill('SIGINT');
      err += part;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(130);
    expect(err).toMatch(/reranker train --resume/);
    const { models } = await json('models');
    expect(models).toHaveLength(1);
    const runs = join(folder, '.learning-reranker', 'runs');
    const last = (await readdir(runs)).sort().at(-1) ?? '';
    expect(await readdir(join(runs, last, 'checkpoints'))).toHaveLength(1);
  });
});
