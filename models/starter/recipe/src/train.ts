/**
 * Step 4: trains the starter. `node dist/train.js <data folder> <initial model folder> <output folder> [settings as JSON]`
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CrossEncoder, CrossEncoderTrainer, createLoss } from '@learning-reranker/cross-encoder';
import { type CandidateRow, scoredTuples, softLabelledPairs } from './training-rows.js';

/** What a phase of training is made with; measured on the development sets. */
export interface TrainSettings {
  readonly loss: 'BinaryCrossEntropyLoss' | 'MarginMSELoss';
  readonly learningRate: number;
  readonly batchSize: number;
  readonly maxLength: number;
  /** Updates; the schedule falls to zero with the last. */
  readonly steps: number;
  readonly bonus: number;
  readonly middle: number;
  readonly slope: number;
  /** Documents of a query at most. */
  readonly documents: number;
  readonly seed: number;
  readonly warmup: number;
  /** Dropout while training. */
  readonly dropout: number;
  readonly schedule: 'linear' | 'constant_with_warmup';
  /** The first candidate row to use, so that phases see different ones. */
  readonly skip: number;
  /** Candidate rows to draw batches from; as many as the steps need when null. */
  readonly rows: number | null;
}

const DEFAULTS: TrainSettings = {
  loss: 'BinaryCrossEntropyLoss',
  learningRate: 2e-4,
  batchSize: 32,
  maxLength: 144,
  steps: 6000,
  bonus: 0.15,
  middle: 0.35,
  slope: 10,
  documents: 5,
  seed: 42,
  warmup: 0.05,
  dropout: 0,
  schedule: 'linear',
  skip: 0,
  rows: null,
};

const [, , data, initial, output, given = '{}'] = process.argv;
if (data === undefined || initial === undefined || output === undefined) {
  throw new Error(
    'expected: node dist/train.js <data folder> <initial model folder> <output folder>',
  );
}
const settings: TrainSettings = { ...DEFAULTS, ...JSON.parse(given) };
await mkdir(output, { recursive: true });
const log = (value: unknown) => appendFile(join(output, 'log.jsonl'), `${JSON.stringify(value)}\n`);

const lines = async (name: string) =>
  (await readFile(join(data, `${name}.jsonl`), 'utf8')).trimEnd().split('\n');
const corpus = (await lines('chosen-corpus')).map(
  (line) => (JSON.parse(line) as { text: string }).text,
);
const rows = (await lines('candidates'))
  .slice(settings.skip)
  .map((line) => JSON.parse(line) as CandidateRow);
const makeRows = settings.loss === 'MarginMSELoss' ? scoredTuples : softLabelledPairs;
const pairsInRow = settings.loss === 'MarginMSELoss' ? settings.documents : 1;
// Rows of a query lie together here; batches are drawn from all of them.
const wanted = Math.ceil((settings.steps * settings.batchSize * pairsInRow) / settings.documents);
const examples = makeRows(rows.slice(0, settings.rows ?? wanted), corpus, settings);
const model = await CrossEncoder.load(initial, {
  threads: 2,
  configKwargs: {
    hidden_dropout_prob: settings.dropout,
    attention_probs_dropout_prob: settings.dropout,
  },
});
await log({ settings, examples: examples.length });

const trainer = new CrossEncoderTrainer({
  model,
  loss: createLoss(settings.loss),
  trainDataset: examples,
  arguments: {
    outputDir: join(output, 'checkpoints'),
    numTrainEpochs: 1,
    maxSteps: settings.steps,
    perDeviceTrainBatchSize: settings.batchSize,
    learningRate: settings.learningRate,
    lrSchedulerType: settings.schedule,
    warmupSteps: settings.warmup,
    weightDecay: 0.01,
    maxLength: settings.maxLength,
    seed: settings.seed,
    saveStrategy: 'steps',
    saveSteps: 1000,
    saveTotalLimit: 2,
    loggingSteps: 50,
    threads: 2,
  },
});
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const result = await trainer.train({
  signal: stop.signal,
  onEvent: (event) => {
    void log({ ...event, time: new Date().toISOString() });
  },
});
await log(result);
await model.save(join(output, 'model'), {
  storage: 'F32',
  readme: 'Not the final starter.\n',
  replace: true,
});
