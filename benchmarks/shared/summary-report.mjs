/** The summary at the top of benchmarks/README.md: the results that most readers look for. */
import { read } from './record.mjs';
import { interval, mebibytes, table } from './tables.mjs';

const ndcg = (set, system) => set.systems[system]['ndcg@10'].mean;

function ranking() {
  const { sets, depth } = read('starter');
  const repositories = sets.filter(({ name }) => !name.endsWith(' test'));
  const queries = repositories.reduce((sum, set) => sum + set.queries, 0);
  const row = (name, count, of) => [
    name,
    count,
    ...['BM25', 'starter', 'blend'].map((system) => of(system).toFixed(3)),
  ];
  return [
    `Ranking: NDCG@10 when BM25's first ${depth} documents are reranked.\n`,
    table(
      ['', 'queries', 'BM25', 'starter', 'blend'],
      [
        ...sets
          .filter((set) => !repositories.includes(set))
          .map((set) => row(set.name, set.queries, (system) => ndcg(set, system))),
        row(`${repositories.length} repositories`, queries, (system) =>
          repositories.reduce((sum, set) => sum + (set.queries / queries) * ndcg(set, system), 0),
        ),
      ],
    ),
  ].join('\n');
}

function learning() {
  const { sets } = read('clicks');
  const labels = read('click-labels').sets;
  const named = (results, name) => results.find(({ system }) => system === name);
  const debiased = 'position-based, inverse-propensity';
  return [
    'Learning from 2,000 simulated clicks: NDCG@10 as served on held-out queries, and the change by training.\n',
    table(
      [
        '',
        'starter',
        'clicks as labels',
        'mined, naive',
        'mined, debiased',
        'F1 naive',
        'F1 debiased',
      ],
      Object.entries(sets).map(([name, { results }]) => [
        name,
        named(results, 'starter').served['NDCG@10'].toFixed(3),
        ...['position-based, clicks as labels', 'position-based, naive', debiased].map((system) =>
          interval(named(results, system).served.overStarter),
        ),
        ...['position-based, naive', debiased].map((system) =>
          named(labels[name].results, system).f1.toFixed(3),
        ),
      ]),
    ),
    '',
    'On MBPP most clicked documents are clicked by mistake, and mining recognizes these mistakes: the model gets better with mining and worse without it. Correcting the position bias as well finds more relevant documents (F1), but 2,000 clicks are too few to show that in the ranking.',
  ].join('\n');
}

function speed() {
  const training = read('train').summary;
  const prediction = read('predict').summary;
  const [ours, fp32, bf16] = ['learning-reranker', 'SBERT fp32', 'SBERT bf16'].map(
    (name) => training[name],
  );
  const rate = (name) => prediction[name].pairsPerSecond.toFixed(0);
  const of = (format) => [ours, fp32, bf16].map(format);
  return [
    'Speed of MiniLM-L6 on two CPU cores.\n',
    table(
      ['', 'learning-reranker', 'SBERT fp32', 'SBERT bf16'],
      [
        ['training, pairs/s', ...of((one) => one.pairsPerSecond.toFixed(1))],
        ['time to the first step', ...of((one) => `${one.secondsToFirstStep.toFixed(1)} s`)],
        ['peak memory of training', ...of((one) => `${mebibytes(one.peakRssBytes)} MiB`)],
        [
          'prediction, pairs/s',
          `${rate('learning-reranker fp32')} (int8: ${rate('learning-reranker int8')})`,
          rate('SBERT fp32'),
          '',
        ],
      ],
    ),
  ].join('\n');
}

export const summarySection = () => ['## Summary', ranking(), learning(), speed()].join('\n\n');
