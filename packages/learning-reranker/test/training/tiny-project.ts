/** A data folder with a dataset and a starter so small that a run takes seconds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLoss, SeededRandom } from '@learning-reranker/cross-encoder';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';
import { buildSnapshot, type SnapshotManifest } from '../../src/datasets/index.js';
import type { CorpusDocument, TrainingRecord } from '../../src/records/training-record.js';
import type { NewTraining } from '../../src/training/start-training.js';

export interface TinyProject {
  readonly dataDir: string;
  readonly starter: string;
  readonly dataset: { readonly path: string; readonly manifest: SnapshotManifest };
  /** What a run on this dataset is asked for. */
  run(loss: string, changes?: Partial<NewTraining>): NewTraining;
  remove(): Promise<void>;
}

const colours = ['red', 'green', 'blue'];

/** `records` questions such as `gqx sky wf`, each with its colour and the two others. */
export function colourRecords(records: number): TrainingRecord[] {
  const random = new SeededRandom(3);
  const things = {
    sky: 'blue',
    sea: 'blue',
    grass: 'green',
    leaf: 'green',
    blood: 'red',
    rose: 'red',
  };
  const word = () =>
    Array.from({ length: 4 }, () => String.fromCharCode(97 + random.nextInt(26))).join('');
  return Array.from({ length: records }, (_, at) => {
    const [thing, colour] = Object.entries(things)[at % 6] as [string, string];
    const noise = word();
    const document = (name: string) => ({
      text: `${name} ${noise}`,
      doc_path_rel: `${name}-${noise}.ts`,
      repo_slug: 'colours',
    });
    return {
      schema_version: 2,
      query: `${word()} ${thing} ${word()} ${noise}`,
      positive: document(colour),
      negatives: colours.filter((other) => other !== colour).map(document),
      source: 'test',
    };
  });
}

export async function tinyProject(): Promise<TinyProject> {
  const folder = await mkdtemp(join(tmpdir(), 'runs-'));
  const dataDir = join(folder, 'data');
  const starter = join(folder, 'starter');
  await tinyModel({ dropout: 0.1 }).save(starter);
  const records = colourRecords(240);
  const corpus: CorpusDocument[] = records.flatMap(({ positive, negatives }) =>
    [positive, ...negatives].map((document) => ({ ...document, id: document.doc_path_rel })),
  );
  const dataset = await buildSnapshot(dataDir, { records, corpus });
  return {
    dataDir,
    starter,
    dataset,
    run: (loss, changes = {}) => ({
      datasetPath: dataset.path,
      dataDir,
      lossAlias: findLoss(loss).alias,
      base: { id: 'starter', path: starter },
      loss: { name: findLoss(loss).name, parameters: {} },
      arguments: { maxSteps: 20, perDeviceTrainBatchSize: 8, learningRate: 1e-3, threads: 1 },
      maxRows: null,
      replayPercent: 0,
      devQueries: 10,
      ...changes,
    }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
