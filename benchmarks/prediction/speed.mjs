/** Measures prediction on the same mined pairs: this library in fp32 and int8, and SBERT's predict. */
import { join } from 'node:path';
import {
  machine,
  makeModel,
  median,
  minedRows,
  python,
  root,
  save,
  side,
  THREADS,
  writeRows,
} from '../shared/sides.mjs';

const PAIRS = Number(process.env.PAIRS ?? 1000);
const REPEATS = 3;
const ROUNDS = Number(process.env.ROUNDS ?? 3);

const model = makeModel();
const pairs = writeRows('pairs.jsonl', await minedRows(PAIRS));
const here = (dtype) => () =>
  side(process.execPath, (output) => [
    join(root, 'benchmarks/prediction/speed-here.mjs'),
    model,
    pairs,
    output,
    dtype,
    String(THREADS),
    String(REPEATS),
  ]);
const sides = {
  'learning-reranker fp32': here('fp32'),
  'learning-reranker int8': here('int8'),
  'SBERT fp32': () =>
    side(python, (output) => [
      join(root, 'benchmarks/python/sbert_predict.py'),
      model,
      pairs,
      output,
      '--precision',
      'fp32',
      '--threads',
      String(THREADS),
      '--repeats',
      String(REPEATS),
      '--max-length',
      '256',
    ]),
};

const rounds = [];
for (let round = 1; round <= ROUNDS; round++) {
  const results = {};
  for (const [name, measure] of Object.entries(sides)) {
    results[name] = measure();
    console.log(
      `round ${round}: ${name.padEnd(24)} ${results[name].pairsPerSecond.toFixed(1)} pairs/s`,
    );
  }
  rounds.push(results);
}
const [first] = rounds;
const furthest = (a, b) =>
  Math.max(...first[a].scores.map((score, index) => Math.abs(score - first[b].scores[index])));
const ratio = (name) =>
  median(rounds.map((r) => r[name].pairsPerSecond / r['SBERT fp32'].pairsPerSecond));
const summary = Object.fromEntries(
  Object.keys(sides).map((name) => [
    name,
    {
      pairsPerSecond: median(rounds.map((r) => r[name].pairsPerSecond)),
      peakRssBytes: median(rounds.map((r) => r[name].peakRssBytes)),
    },
  ]),
);
const result = {
  setting: `MiniLM-L6 scores ${PAIRS} mined pairs, max_length 256, with the defaults of both libraries`,
  rounds: ROUNDS,
  summary,
  ratios: {
    'fp32 to SBERT fp32': ratio('learning-reranker fp32'),
    'int8 to SBERT fp32': ratio('learning-reranker int8'),
  },
  furthestScores: {
    'fp32 from SBERT': furthest('learning-reranker fp32', 'SBERT fp32'),
    'int8 from fp32': furthest('learning-reranker int8', 'learning-reranker fp32'),
  },
};
console.log(`\n${machine().cpu}, ${THREADS} threads; medians of ${ROUNDS} rounds`);
console.table(
  Object.fromEntries(
    Object.entries(summary).map(([name, one]) => [
      name,
      {
        'pairs/s': one.pairsPerSecond.toFixed(1),
        'peak MiB': (one.peakRssBytes / 2 ** 20).toFixed(0),
      },
    ]),
  ),
);
console.table({ ...result.ratios, ...result.furthestScores });
save('predict', result);
