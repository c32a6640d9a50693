/** Writes benchmarks/README.md from results/*.json, so that no figure in it is typed by hand. */
import { writeFileSync } from 'node:fs';
import { read } from './shared/record.mjs';
import { serviceSections } from './shared/service-report.mjs';
import { summarySection } from './shared/summary-report.mjs';
import { interval, machineOf, mebibytes, table, times } from './shared/tables.mjs';

function training(result) {
  const { summary, ratios, setting, rounds, steps } = result;
  return [
    '## Training\n',
    `${setting}. The rows are mined from installed packages. The libraries take turns for ${rounds} rounds of ${steps} steps; the table shows medians. ${machineOf(result)}\n`,
    table(
      ['', 'pairs/s', 'ms per step', 'time to the first step', 'peak memory'],
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
      ['', 'target', 'measured'],
      [
        ['throughput relative to SBERT fp32', '>= 3.5 x', times(ratios['to SBERT fp32'])],
        ['throughput relative to SBERT bf16', '>= 2 x', times(ratios['to SBERT bf16'])],
        [
          'time to the first step relative to SBERT fp32',
          '<= 0.25',
          ratios['first step, of SBERT fp32'].toFixed(2),
        ],
        [
          'peak memory relative to SBERT fp32',
          '<= 1',
          ratios['peak memory, of SBERT fp32'].toFixed(2),
        ],
      ],
    ),
  ].join('\n');
}

function prediction(result) {
  const { summary, ratios, furthestScores, setting, rounds } = result;
  return [
    '## Prediction\n',
    `${setting}. The table shows medians of ${rounds} rounds. ${machineOf(result)}\n`,
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
      ['', 'target', 'measured'],
      [
        ['fp32 relative to SBERT fp32', '>= 1.5 x', times(ratios['fp32 to SBERT fp32'])],
        ['int8 relative to SBERT fp32', '>= 2.5 x', times(ratios['int8 to SBERT fp32'])],
        [
          'largest difference between a score in fp32 and SBERT',
          '<= 1e-4',
          furthestScores['fp32 from SBERT'].toExponential(1),
        ],
      ],
    ),
  ].join('\n');
}

function quality(result) {
  const { metrics, difference, setting, queries, depth } = result;
  return [
    '## Quality of training\n',
    `${setting}. Each model reranks BM25's first ${depth} documents of ${queries} held-out queries. Intervals are 95 % bootstrap intervals.\n`,
    table(
      ['', 'NDCG@10', 'MRR@10'],
      metrics.map((one) => [one.system, interval(one['NDCG@10']), interval(one['MRR@10'])]),
    ),
    '',
    `Difference in NDCG@10, learning-reranker minus SBERT: ${interval(difference)}.`,
  ].join('\n');
}

function starter({ sets, depth, alpha, machine }) {
  const systems = Object.keys(sets[0].systems);
  const ndcg = (set, system) => set.systems[system]['ndcg@10'].mean;
  const queries = sets.reduce((sum, set) => sum + set.queries, 0);
  const int8 =
    sets.reduce((sum, set) => sum + set.queries * set['int8 less fp32'].mean, 0) / queries;
  const wins = sets.filter((set) => ndcg(set, 'starter') > ndcg(set, 'BM25')).length;
  return [
    '## The starter model\n',
    `NDCG@10 when each system reranks BM25's first ${depth} documents, with 95 % bootstrap intervals. A relevant document that BM25 missed counts as missed. \`blend\` is ${alpha} of the model's probability plus ${(1 - alpha).toFixed(1)} of BM25's score. \`bi-encoder\` is all-MiniLM-L6-v2 used as a reranker. The starter was not trained on any of these sets. ${machine ? machineOf({ machine }) : ''}\n`,
    table(
      ['', 'queries', ...systems],
      sets.map((set) => [
        set.name,
        set.queries,
        ...systems.map((system) => interval(set.systems[system]['ndcg@10'])),
      ]),
    ),
    '',
    table(
      ['', 'target', 'measured'],
      [
        [
          'sets on which the starter ranks better than BM25',
          'clearly better on code',
          `${wins} of ${sets.length}`,
        ],
        ['NDCG@10 of int8 minus fp32, over all queries', 'within 0.005', int8.toFixed(4)],
      ],
    ),
  ].join('\n');
}

function commits(result) {
  const { results, setting, rounds } = result;
  return [
    '## This version and the one before\n',
    `${setting}. ${rounds} rounds; the sides swap places every round, and the table shows medians. The int8 model now scales its columns, which brings NDCG@10 closer to float32 and costs speed ([decisions](../docs/decisions.md)). ${machineOf(result)}\n`,
    table(
      ['', 'before', 'now', 'ratios of the rounds'],
      Object.entries(results).map(([name, { base, here, ratios }]) => [
        name,
        base.toFixed(1),
        here.toFixed(1),
        ratios.map((ratio) => ratio.toFixed(2)).join(', '),
      ]),
    ),
  ].join('\n');
}

const sections = {
  train: training,
  predict: prediction,
  quality,
  starter,
  ...serviceSections,
  commits,
};
const parts = Object.entries(sections).map(([name, write]) => {
  const result = read(name);
  return result
    ? write(result)
    : `## ${name}\n\nNot measured yet. Run \`npm run bench -- ${name}\`.`;
});
writeFileSync(
  new URL('README.md', import.meta.url),
  `# Benchmarks

\`npm run bench -- <name>\` runs one benchmark and writes its result as JSON to \`results/\`. A benchmark that compares two sides
runs both in turn on the same machine. Comparisons with SBERT need \`npm run test:sbert\` once, which installs
sentence-transformers 6.2.0. \`node benchmarks/report.mjs\` writes this page from the results.

${summarySection()}

${parts.join('\n\n')}
`,
);
