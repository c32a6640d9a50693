/** The tables of the service's benchmarks, for report.mjs. */
import { machineOf, mebibytes, table, times } from './tables.mjs';

const milliseconds = (value) => `${value.toFixed(1)} ms`;
const perSecond = (value) => Math.round(value).toLocaleString('en');

function rerankHttp(result) {
  const { summary, ratios, overheadMilliseconds, setting, rounds } = result;
  return [
    '## Reranking over HTTP\n',
    `${setting}; medians of ${rounds} rounds. ${machineOf(result)}\n`,
    table(
      ['', 'pairs/s', 'a request, p50'],
      Object.entries(summary).map(([name, one]) => [
        name,
        one.pairsPerSecond.toFixed(1),
        milliseconds(one.p50Milliseconds),
      ]),
    ),
    '',
    table(
      ['', 'asked for', 'measured'],
      [
        ['what HTTP adds to the engine, p50', '<= 3 ms', milliseconds(overheadMilliseconds.p50)],
        ["fp32 against SBERT's rank", '>= 1.5 x', times(ratios['fp32 to SBERT rank'])],
        ["int8 against SBERT's rank", '>= 2.5 x', times(ratios['int8 to SBERT rank'])],
        ...(ratios['fp32 to infinity-emb']
          ? [['fp32 against infinity-emb, ONNX', '>= 1.2 x', times(ratios['fp32 to infinity-emb'])]]
          : []),
      ],
    ),
  ].join('\n');
}

function load(result) {
  const { firstHalf, secondHalf } = result.residentBytes;
  return [
    '## Under load\n',
    `${result.setting} (${result.capacityRequestsPerSecond.toFixed(1)} requests a second). ${machineOf(result)}\n`,
    table(
      ['', 'asked for', 'measured'],
      [
        ['requests', '', result.requests],
        ['failures', '0', result.failures],
        ['p50', '', milliseconds(result.milliseconds.p50)],
        [
          'p99',
          '<= 3 x p50',
          `${milliseconds(result.milliseconds.p99)} (${times(result['p99 of p50'])})`,
        ],
        [
          'memory, second half to first',
          'flat',
          `${mebibytes(secondHalf)} to ${mebibytes(firstHalf)} MiB`,
        ],
      ],
    ),
  ].join('\n');
}

function besideTraining({ setting, milliseconds: measured, stepsPerSecond, ...result }) {
  return [
    '## Beside a training\n',
    `${setting}. ${machineOf(result)}\n`,
    table(
      ['', 'an answer, p50', 'p99', 'steps/s of the training'],
      [
        ['answers alone', measured.alone.p50, measured.alone.p99, null],
        ['training alone', null, null, stepsPerSecond.alone],
        [
          'both',
          measured.besideTraining.p50,
          measured.besideTraining.p99,
          stepsPerSecond.besideRequests,
        ],
      ].map(([name, p50, p99, steps]) => [
        name,
        p50 === null ? '' : milliseconds(p50),
        p99 === null ? '' : milliseconds(p99),
        steps === null ? '' : steps.toFixed(2),
      ]),
    ),
  ].join('\n');
}

function hotReload(result) {
  return [
    '## Hot reload\n',
    `${result.setting}. ${machineOf(result)}\n`,
    table(
      ['', 'asked for', 'measured'],
      [
        ['requests', '', result.requests],
        ['failed or degraded', '0', result.failures + result.degraded],
        ['not of exactly one model', '0', result.mixed],
        [
          'seconds from promotion to its first answer, median',
          '',
          result.secondsToSwap.median.toFixed(1),
        ],
      ],
    ),
  ].join('\n');
}

function ingest(result) {
  const [first] = Object.values(result.eventsPerSecond);
  const kinds = Object.keys(first);
  return [
    '## Events in\n',
    `${result.setting}; events a second. Asked for: 1,000 single and 10,000 batched, embedded. ${machineOf(result)}\n`,
    table(
      ['', ...kinds],
      Object.entries(result.eventsPerSecond).map(([database, rates]) => [
        database,
        ...kinds.map((kind) => perSecond(rates[kind])),
      ]),
    ),
  ].join('\n');
}

function kills(result) {
  return [
    '## kill -9\n',
    `${result.setting}. ${machineOf(result)}\n`,
    table(
      ['', 'asked for', 'measured'],
      [
        ['events acknowledged', '', perSecond(result.acknowledged)],
        ['of these lost', '0', result.lost],
        ['there twice', '0', result.doubled],
        ['seconds until it answers again, median', '', result.secondsToReady.median.toFixed(1)],
      ],
    ),
  ].join('\n');
}

function trainingKills(result) {
  const inWords = result.others === 0 ? 'all' : `${result.trainings.length - result.others}`;
  return [
    '## kill -9 while it trains\n',
    `${result.setting}. ${machineOf(result)}\n`,
    table(
      ['', 'asked for', 'measured'],
      [
        ['kills', '20', result.kills],
        [
          `trainings (of ${result.trainings.length}) with the weights of an undisturbed one`,
          'all',
          inWords,
        ],
      ],
    ),
  ].join('\n');
}

function mining(result) {
  const rows = Object.entries(result.results).flatMap(([database, sizes]) =>
    Object.entries(sizes).map(([events, one]) => [
      database,
      perSecond(Number(events)),
      one.seconds.toFixed(1),
      one.peakRssMiB,
      perSecond(one.records),
    ]),
  );
  return [
    '## Mining what people did\n',
    `${result.setting}. Asked for: 1,000,000 events in 120 s, memory bounded, time linear. ${machineOf(result)}\n`,
    table(['', 'events', 'seconds', 'peak memory, MiB', 'records'], rows),
  ].join('\n');
}

function jobs(result) {
  return [
    '## Jobs\n',
    `${result.setting}. ${machineOf(result)}\n`,
    table(
      ['workers killed', 'seconds', 'done (of 300)', 'done twice (0 asked for)'],
      result.rounds.map((one) => [one.kills, one.seconds.toFixed(1), one.succeeded, one.doubled]),
    ),
  ].join('\n');
}

const interval = ({ mean, lower, upper }) =>
  `${mean.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;

function clicks(result) {
  const over = (one) => (one ? interval(one) : '');
  return [
    '## Learning from clicks\n',
    `${result.setting}. NDCG@10 of held-out queries, BM25's top ${result.depth} reranked; as served is ${result.alpha} of the model's probability and the rest BM25, the default and what the gate compares; means over the logs, 95 % bootstrap intervals over queries. Clicks as labels: whatever was clicked answers, whatever was not does not; naive: mined by clicks per impression, as if every rank were looked at. The rate is the second that was measured on MBPP's queries (docs/decisions.md). Asked for: clearly above the starter, debiased above naive. ${machineOf(result)}`,
    ...Object.entries(result.sets).map(([name, set]) =>
      [
        `\n${name}: ${set.trainQueries} queries searched, ${set.testQueries} held out, logs: ${set.seeds.length}\n`,
        table(
          [
            '',
            'as served',
            'over the starter',
            'over clicks as labels',
            'over naive',
            'model alone',
            'over the starter',
            'over clicks as labels',
            'over naive',
            'positives mined',
            'of these right',
          ],
          set.results.map(({ system, served, alone, labels }) => [
            system,
            ...[served, alone].flatMap((one) => [
              one ? one['NDCG@10'].toFixed(3) : '',
              over(one?.overStarter),
              over(one?.overClicksAsLabels),
              over(one?.overNaive),
            ]),
            labels ? Math.round(meanOf(labels, 'positive')) : '',
            labels ? `${Math.round(100 * meanOf(labels, 'right'))} %` : '',
          ]),
        ),
      ].join('\n'),
    ),
  ].join('\n');
}

function clickLabels(result) {
  const share = ({ found, right }) => [Math.round(found), `${(100 * right).toFixed(1)} %`];
  return [
    '## What clicks are taken for\n',
    `${result.setting}; means of ${result.logs} logs, 95 % bootstrap intervals over queries. Labels as mining takes them, against the collection's own; F1 of the positives of each query that has an answer among what was shown. Nothing was chosen by these queries.\n`,
    ...Object.entries(result.sets).map(([name, set]) =>
      [
        `${name}: ${set.queries} queries, ${set.answered} of them with ${set.answers} answers among what was shown\n`,
        table(
          ['', 'positives', 'right', 'negatives', 'right', 'F1', 'over naive'],
          set.results.map(({ system, positive, negative, f1, overNaive }) => [
            system,
            ...share(positive),
            ...share(negative),
            f1.toFixed(3),
            overNaive ? interval(overNaive) : '',
          ]),
        ),
        '',
      ].join('\n'),
    ),
  ].join('\n');
}

function meanOf(rows, key) {
  return rows.reduce((sum, row) => sum + row[key], 0) / rows.length;
}

export const serviceSections = {
  'rerank-http': rerankHttp,
  load,
  'beside-training': besideTraining,
  'hot-reload': hotReload,
  ingest,
  kills,
  'training-kills': trainingKills,
  mining,
  jobs,
  clicks,
  'click-labels': clickLabels,
};
