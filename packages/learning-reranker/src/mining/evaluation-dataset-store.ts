/** The evaluation dataset that a service stores: questions with the paths expected in their results. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import { newId } from '../records/new-id.js';

/** One sample, in the file format of older evaluation datasets. */
export const sampleInputSchema = z.strictObject({
  q: z.string().regex(/\S/, 'expected a query').max(10_000),
  repo: z.string().max(200).default(''),
  expect_paths: z.array(z.string().regex(/\S/).max(1000)).min(1).max(100),
});

export const keptSampleSchema = sampleInputSchema.extend({ id: z.string() });
export type SampleInput = z.infer<typeof sampleInputSchema>;
export type KeptSample = z.infer<typeof keptSampleSchema>;

/** The file with the samples of a data folder. */
export const evaluationDatasetPath = (dataDir: string) => join(dataDir, 'evaluation-dataset.json');

/** The file that mining reads when a request names no other. Changes by one process run one after the other. */
export class EvaluationDatasetStore {
  readonly path: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(dataDir: string) {
    this.path = evaluationDatasetPath(dataDir);
  }

  async list(): Promise<KeptSample[]> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]';
      throw error;
    });
    return z.array(keptSampleSchema).parse(JSON.parse(text));
  }

  add(samples: readonly SampleInput[]): Promise<KeptSample[]> {
    return this.#change(async (kept) => {
      const added = samples.map((sample) => ({ ...sample, id: newId() }));
      return { kept: [...kept, ...added], result: added };
    });
  }

  /** The changed sample; null if no sample has this id. */
  replace(id: string, sample: SampleInput): Promise<KeptSample | null> {
    return this.#change(async (kept) => {
      const replaced = kept.some((one) => one.id === id) ? { ...sample, id } : null;
      return {
        kept: kept.map((one) => (one.id === id && replaced ? replaced : one)),
        result: replaced,
      };
    });
  }

  /** Whether a sample had this id. */
  remove(id: string): Promise<boolean> {
    return this.#change(async (kept) => {
      const left = kept.filter((one) => one.id !== id);
      return { kept: left, result: left.length < kept.length };
    });
  }

  #change<Result>(
    change: (kept: KeptSample[]) => Promise<{ kept: KeptSample[]; result: Result }>,
  ): Promise<Result> {
    const next = this.#last.then(async () => {
      const { kept, result } = await change(await this.list());
      await writeFileAtomically(this.path, `${JSON.stringify(kept, null, 2)}\n`);
      return result;
    });
    this.#last = next.catch(() => undefined);
    return next;
  }
}
