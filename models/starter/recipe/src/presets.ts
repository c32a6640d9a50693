/**
 * What becomes of the starter when somebody trains it on code of their own: by learning rate, kind
 * of negatives and replay. `node dist/presets.js <data folder> <collections> <model> <variants as JSON>`
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CrossEncoder,
  CrossEncoderTrainer,
  createLoss,
  mean,
  type TrainingExample,
} from '@learning-reranker/cross-encoder';
import { mineCode, mineNegatives, normalizeQuery, stableHash, type TrainingRecord } from 'learning-reranker/internals';
import { beirSet, type EvaluationSet, rankByBm25 } from './evaluation-sets.js';
import { blended, measure, probabilities } from './measure.js';
import { listPackages, unpackedFolders } from './packages.js';

interface Variant {
  readonly name: string;
  readonly loss: string;
  readonly learningRate: number;
  readonly hard: number;
  readonly random: number;
  /** Rows of replay for each row of one's own. */
  readonly replay: number;
  readonly epochs: number;
}

const [, , data = '', collections = '', folder = '', given = '[]', replayPath = ''] = process.argv;
const variants = JSON.parse(given) as Variant[];
const packages = await listPackages(fileURLToPath(new URL('../packages.json', import.meta.url)));
const own = packages.filter(({ use }) => use === 'dev');
const folders = await Promise.all(own.map((one) => unpackedFolders(one, data)));
const mined = await mineCode(folders.flatMap((one) => one.folders));
const isTraining = (query: string) => stableHash(normalizeQuery(query)) % 10 < 7;
const training = mined.pairs.filter(({ query }) => isTraining(query));
const held = mined.pairs.filter(({ query }) => !isTraining(query)).slice(0, 150);
const places = new Map(mined.corpus.map(({ id }, at) => [id, at]));
const sets: EvaluationSet[] = [
  {
    name: 'own code',
    corpus: mined.corpus.map(({ text }) => text),
    queries: held.map(({ query, document }) => ({
      query,
      relevant: new Map([[places.get(document.id) as number, 1]]),
    })),
  },
  await beirSet(join(collections, 'conala'), 'conala', 'train', 80),
  await beirSet(join(collections, 'mbpp'), 'mbpp', 'train', 60),
];
/** Labelled pairs of the replay file's records. */
const replay: TrainingExample[] = (replayPath === '' ? '' : await readFile(replayPath, 'utf8'))
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as TrainingRecord)
  .flatMap(({ query, positive, negatives }) =>
    [positive, ...negatives].map(({ text }, at) => ({
      query,
      documents: [text],
      labels: [at === 0 ? 1 : 0],
    })),
  );
console.log(
  `${training.length} pairs to train on, ${held.length} held out, ${replay.length} of replay`,
);

await report('as shipped', await CrossEncoder.load(folder, { threads: 2 }));
for (const variant of variants) {
  const loss = createLoss(variant.loss);
  const { numLabels } = loss.description;
  const loaded = await CrossEncoder.load(folder, { threads: 2 });
  const { model } = loaded.withHead('exactly' in numLabels ? numLabels.exactly : 2);
  const own = ownRows(variant);
  const began = performance.now();
  await new CrossEncoderTrainer({
    model,
    loss,
    trainDataset: [...own, ...replay.slice(0, Math.round(own.length * variant.replay))],
    arguments: {
      numTrainEpochs: variant.epochs,
      perDeviceTrainBatchSize: 16,
      learningRate: variant.learningRate,
      warmupSteps: 0.1,
      maxLength: 192,
      saveStrategy: 'no',
      threads: 2,
    },
  }).train();
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  await report(`${variant.name} (${seconds} s)`, model);
}

function ownRows({ hard, random, loss }: Variant): TrainingExample[] {
  const negatives = [
    ...mineNegatives(training, mined.corpus, { numNegatives: hard, numRandomNegatives: random }),
  ];
  return training.flatMap(({ query, document }, at) => {
    const others = (negatives[at] ?? []).map(({ text }) => text);
    if (/MultipleNegatives/.test(loss)) return [{ query, documents: [document.text, ...others] }];
    return [document.text, ...others].map((text, place) => ({
      query,
      documents: [text],
      labels: [place === 0 ? 1 : 0],
    }));
  });
}

async function report(name: string, model: CrossEncoder): Promise<void> {
  const shown: string[] = [];
  for (const set of sets) {
    const ranked = rankByBm25(set, 30);
    const scores: ArrayLike<number>[] = [];
    for (const { query, candidates } of ranked) {
      const pairs = candidates.map((at) => [query, set.corpus[at] as string] as const);
      scores.push(await model.predict(pairs, { activation: 'Identity' }));
    }
    const firstStage = ranked.map(({ bm25 }) => bm25);
    const values = [firstStage, scores, blended(probabilities(scores), firstStage, 0.7)].map(
      (system) => mean(measure(ranked, system).ndcg).toFixed(3),
    );
    shown.push(`${set.name} ${values.join(' ')}`);
  }
  console.log(`${name.padEnd(40)} ${shown.join(' | ')}`);
  await model.release();
}
