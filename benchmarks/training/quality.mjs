/**
 * Measures the quality of training: this library and SBERT train all-MiniLM-L6-v2 on the same mined rows with the same
 * arguments. Both models are compared on the same held-out queries, with the 95 % interval of the difference.
 */
import { join } from 'node:path';
import {
  CrossEncoder,
  CrossEncoderTrainer,
  createLoss,
  pairedBootstrapDifference,
} from '@learning-reranker/cross-encoder';
import {
  candidateLists,
  evaluateSystems,
  projectRecords,
  retrievalScores,
  scoreLists,
} from 'learning-reranker';
import { composeSnapshot } from 'learning-reranker/internals';
import {
  folder,
  machine,
  makeModel,
  minedRecords,
  python,
  root,
  run,
  save,
  THREADS,
  writeRows,
} from '../shared/sides.mjs';

const ROWS = Number(process.env.ROWS ?? 1600);
const QUERIES = Number(process.env.QUERIES ?? 150);
const DEPTH = 20;
const STEPS = Math.ceil(ROWS / 16);
const LEARNING_RATE = 5e-5;

const { records, corpus } = await minedRecords({ numNegatives: 1, numRandomNegatives: 1 });
const { train, evaluation } = composeSnapshot({ records, corpus });
const projected = projectRecords(train, 'labelled-pairs');
const stride = projected.length / ROWS;
const rows = Array.from({ length: ROWS }, (_, index) => projected[Math.floor(index * stride)]).map(
  (row) => ({
    ...row,
    document: row.documents[0],
    label: row.labels[0],
  }),
);
const rowsPath = writeRows('quality.jsonl', rows);
const base = makeModel();

console.log(`SBERT trains ${STEPS} steps ...`);
const theirs = join(folder, 'sbert-model');
run(python, [
  join(root, 'benchmarks/python/sbert_train.py'),
  base,
  rowsPath,
  join(folder, 'quality-sbert.json'),
  '--precision',
  'fp32',
  '--threads',
  String(THREADS),
  '--steps',
  String(STEPS),
  '--warmup-steps',
  '1',
  '--learning-rate',
  String(LEARNING_RATE),
  '--save',
  theirs,
]);
console.log(`this library trains ${STEPS} steps ...`);
const ours = await CrossEncoder.load(base, { maxLength: 256 });
await new CrossEncoderTrainer({
  model: ours,
  loss: createLoss('BinaryCrossEntropyLoss'),
  trainDataset: rows,
  arguments: {
    perDeviceTrainBatchSize: 16,
    maxSteps: STEPS,
    learningRate: LEARNING_RATE,
    maxLength: 256,
    saveStrategy: 'no',
    threads: THREADS,
  },
}).train();

const lists = candidateLists(
  evaluation.filter(({ split }) => split === 'test'),
  corpus,
  { limit: QUERIES, depth: DEPTH },
);
const scored = async (model) => scoreLists(lists, model);
const result = evaluateSystems(
  lists,
  new Map([
    ['BM25', retrievalScores(lists)],
    ['learning-reranker', await scored(ours)],
    ['SBERT', await scored(await CrossEncoder.load(theirs, { maxLength: 256 }))],
  ]),
);
const ndcg = (name) => result.systems.find(({ system }) => system === name).ndcgPerQuery;
const difference = pairedBootstrapDifference(ndcg('learning-reranker'), ndcg('SBERT'));
console.log(`\n${machine().cpu}; ${lists.length} held-out queries, BM25 top ${DEPTH}`);
const metrics = result.systems.map(
  ({ system, metrics: { 'NDCG@10': one, 'MRR@10': reciprocal } }) => ({
    system,
    'NDCG@10': one,
    'MRR@10': reciprocal,
  }),
);
console.table(
  metrics.map((one) => ({
    system: one.system,
    'NDCG@10': one['NDCG@10'].mean.toFixed(4),
    'MRR@10': one['MRR@10'].mean.toFixed(4),
  })),
);
console.log(
  `difference in NDCG@10 ${difference.mean.toFixed(4)} [${difference.lower.toFixed(4)}, ${difference.upper.toFixed(4)}]`,
);
save('quality', {
  setting: `Both libraries train all-MiniLM-L6-v2 on ${ROWS} mined rows: ${STEPS} steps of 16 rows, learning rate ${LEARNING_RATE}, BinaryCrossEntropyLoss, linear schedule, max_length 256`,
  queries: lists.length,
  depth: DEPTH,
  metrics,
  difference,
});
