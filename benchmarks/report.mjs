/** Writes benchmarks/README.md from results/*.json: no figure in it is typed by hand. */
import { writeFileSync } from 'node:fs';
import { read } from './record.mjs';
import { serviceSections } from './service-report.mjs';
import { machineOf, mebibytes, table, times } from './tables.mjs';

function training(result) {
  const { summary, ratios, setting, rounds, steps } = result;
  return [
    '## Training\n',
    `${setting}; rows mined from installed packages; medians of ${rounds} rounds of ${steps} steps, the sides in turn. ${machineOf(result)}\n`,
    table(
      ['', 'pairs/s', 'ms a step', 'first step after', 'peak memory'],
      Object.entries(summary).map(([name, one]) => [
        name,
        one.pairsPerSecond.toFixed(1),
        (one.medianSecondsPerStep * 1000).toFixed(0),
        `${one.secondsToFirstStep.toFixed(1)} s`,
        `${mebibytes(one.peakRssBytes)} MiB`,
      ]),
    ),
    '',
    table(
      ['', 'asked for', 'measured'],
      [
        ['throughput against SBERT fp32', '>= 3.5 x', times(ratios['to SBERT fp32'])],
        ['throughput against SBERT bf16', '>= 2 x', times(ratios['to SBERT bf16'])],
        ["first step, of SBERT's time", '<= 0.25', ratios['first step, of SBERT fp32'].toFixed(2)],
        ["peak memory, of SBERT's", '<= 1', ratios['peak memory, of SBERT fp32'].toFixed(2)],
      ],
    ),
  ].join('\n');
}

function prediction(result) {
  const { summary, ratios, furthestScores, setting, rounds } = result;
  return [
    '## Prediction\n',
    `${setting}; medians of ${rounds} rounds. ${machineOf(result)}\n`,
    table(
      ['', 'pairs/s', 'peak memory'],
      Object.entries(summary).map(([name, one]) => [
        name,
        one.pairsPerSecond.toFixed(1),
        `${mebibytes(one.peakRssBytes)} MiB`,
      ]),
    ),
    '',
    table(
      ['', 'asked for', 'measured'],
      [
        ['fp32 against SBERT fp32', '>= 1.5 x', times(ratios['fp32 to SBERT fp32'])],
        ['int8 against SBERT fp32', '>= 2.5 x', times(ratios['int8 to SBERT fp32'])],
        [
          'largest difference of a score, fp32 from SBERT',
          '<= 1e-4',
          furthestScores['fp32 from SBERT'].toExponential(1),
        ],
      ],
    ),
  ].join('\n');
}

function quality(result) {
  const { metrics, difference, setting, queries, depth } = result;
  const interval = ({ mean, lower, upper }) =>
    `${mean.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;
  return [
    '## Quality of training\n',
    `${setting}; ${queries} held-out queries, BM25's top ${depth}; 95 % bootstrap intervals.\n`,
    table(
      ['', 'NDCG@10', 'MRR@10'],
      metrics.map((one) => [one.system, interval(one['NDCG@10']), interval(one['MRR@10'])]),
    ),
    '',
    `Difference in NDCG@10, trained here less trained by SBERT: ${interval(difference)}.`,
  ].join('\n');
}

function starter({ sets, depth, alpha, machine }) {
  const value = ({ mean, lower, upper }) =>
    `${mean.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;
  const systems = Object.keys(sets[0].systems);
  const ndcg = (set, system) => set.systems[system]['ndcg@10'].mean;
  const queries = sets.reduce((sum, set) => sum + set.queries, 0);
  const int8 =
    sets.reduce((sum, set) => sum + set.queries * set['int8 less fp32'].mean, 0) / queries;
  const wins = sets.filter((set) => ndcg(set, 'starter') > ndcg(set, 'BM25')).length;
  return [
    '## The starter model\n',
    `NDCG@10 of BM25's top ${depth} reranked; relevant documents that BM25 missed count as missed; 95 % bootstrap intervals. \`blend\` is ${alpha} of the model's probability and the rest BM25; \`bi-encoder\` is all-MiniLM-L6-v2 used as a reranker. None of these was trained on. ${machine ? machineOf({ machine }) : ''}\n`,
    table(
      ['', 'queries', ...systems],
      sets.map((set) => [
        set.name,
        set.queries,
        ...systems.map((system) => value(set.systems[system]['ndcg@10'])),
      ]),
    ),
    '',
    table(
      ['', 'asked for', 'measured'],
      [
        [
          'sets on which the starter is above BM25',
          'clearly above on code',
          `${wins} of ${sets.length}`,
        ],
        ['NDCG@10 of int8 less fp32, over all queries', 'within 0.005', int8.toFixed(4)],
      ],
    ),
  ].join('\n');
}

const sections = { train: training, predict: prediction, quality, starter, ...serviceSections };
const parts = Object.entries(sections).map(([name, write]) => {
  const result = read(name);
  return result ? write(result) : `## ${name}\n\nNot measured yet: \`npm run bench -- ${name}\`.`;
});
writeFileSync(
  new URL('README.md', import.meta.url),
  `# Benchmarks

\`npm run bench -- <name>\` runs one: both sides on the same machine in one run, results as JSON in
\`results/\`. The sides against SBERT need \`npm run test:sbert\` once, which installs sentence-transformers 6.2.0. This page is
written by \`node benchmarks/report.mjs\`.

${parts.join('\n\n')}
`,
);
