/**
 * Compares throughput, memory and start of training with SBERT's trainer in fp32 and with bf16 autocast: MiniLM-L6,
 * batch size 16, max_length 256, dropout 0.1, rows mined from installed packages. The sides take turns, so that
 * changes in the machine's speed affect all of them.
 */
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

const STEPS = Number(process.env.STEPS ?? 24);
const WARMUP_STEPS = 4;
const ROUNDS = Number(process.env.ROUNDS ?? 3);

const model = makeModel();
const rows = writeRows('rows.jsonl', await minedRows(STEPS * 16));
const sbert = (precision) => () =>
  side(python, (output) => [
    join(root, 'benchmarks/python/sbert_train.py'),
    model,
    rows,
    output,
    '--precision',
    precision,
    '--threads',
    String(THREADS),
    '--steps',
    String(STEPS),
    '--warmup-steps',
    String(WARMUP_STEPS),
  ]);
const sides = {
  'learning-reranker': () =>
    side(process.execPath, (output) => [
      join(root, 'benchmarks/training/speed-here.mjs'),
      model,
      rows,
      output,
      String(STEPS),
      String(WARMUP_STEPS),
      String(THREADS),
    ]),
  'SBERT fp32': sbert('fp32'),
  'SBERT bf16': sbert('bf16'),
};

/** Over all measured steps, in the same way for every side. */
const pairsPerSecond = ({ secondsPerStep: { all } }) =>
  (16 * all.length) / all.reduce((sum, one) => sum + one, 0);

const rounds = [];
for (let round = 1; round <= ROUNDS; round++) {
  const results = {};
  for (const [name, measure] of Object.entries(sides)) {
    const measured = measure();
    results[name] = { ...measured, pairsPerSecond: pairsPerSecond(measured) };
    console.log(
      `round ${round}: ${name.padEnd(18)} ${results[name].pairsPerSecond.toFixed(1)} pairs/s`,
    );
  }
  rounds.push(results);
}

const summary = Object.fromEntries(
  Object.keys(sides).map((name) => {
    const of = (pick) => median(rounds.map((results) => pick(results[name])));
    return [
      name,
      {
        pairsPerSecond: of((one) => one.pairsPerSecond),
        medianSecondsPerStep: of((one) => one.secondsPerStep.median),
        secondsToFirstStep: of((one) => one.secondsToFirstStep),
        peakRssBytes: of((one) => one.peakRssBytes),
      },
    ];
  }),
);
const ratio = (other) =>
  median(rounds.map((r) => r['learning-reranker'].pairsPerSecond / r[other].pairsPerSecond));
const result = {
  setting:
    'MiniLM-L6, batch size 16, max_length 256, dropout 0.1, BinaryCrossEntropyLoss; a step includes AdamW',
  steps: STEPS,
  warmupSteps: WARMUP_STEPS,
  rounds: ROUNDS,
  summary,
  ratios: {
    'to SBERT fp32': ratio('SBERT fp32'),
    'to SBERT bf16': ratio('SBERT bf16'),
    'first step, of SBERT fp32':
      summary['learning-reranker'].secondsToFirstStep / summary['SBERT fp32'].secondsToFirstStep,
    'peak memory, of SBERT fp32':
      summary['learning-reranker'].peakRssBytes / summary['SBERT fp32'].peakRssBytes,
  },
  all: rounds,
};
console.log(`\n${machine().cpu}, ${THREADS} threads; medians of ${ROUNDS} rounds`);
console.table(
  Object.fromEntries(
    Object.entries(summary).map(([name, one]) => [
      name,
      {
        'pairs/s': one.pairsPerSecond.toFixed(1),
        'ms/step': (one.medianSecondsPerStep * 1000).toFixed(0),
        'first step s': one.secondsToFirstStep.toFixed(1),
        'peak MiB': (one.peakRssBytes / 2 ** 20).toFixed(0),
      },
    ]),
  ),
);
console.table(
  Object.fromEntries(
    Object.entries(result.ratios).map(([name, value]) => [name, value.toFixed(2)]),
  ),
);
save('train', result);
