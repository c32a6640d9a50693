/** Formats the service's benchmarks for report.mjs. */
import { interval, machineOf, mebibytes, table, times } from './tables.mjs';

const milliseconds = (value) => `${value.toFixed(1)} ms`;
const perSecond = (value) => Math.round(value).toLocaleString('en');

function rerankHttp(result) {
  const { summary, ratios, overheadMilliseconds, setting, rounds } = result;
  return [
    '## Reranking over HTTP\n',
    `${setting}. The table shows medians of ${rounds} rounds. ${machineOf(result)}\n`,
    table(
      ['', 'pairs/s', 'request time, p50'],
      Object.entries(summary).map(([name, one]) => [
        name,
        one.pairsPerSecond.toFixed(1),
        milliseconds(one.p50Milliseconds),
      ]),
    ),
    '',
    table(
      ['', 'target', 'measured'],
      [
        [
          'time that HTTP adds to the engine, p50',
          '<= 3 ms',
          milliseconds(overheadMilliseconds.p50),
        ],
        ["fp32 relative to SBERT's rank", '>= 1.5 x', times(ratios['fp32 to SBERT rank'])],
        ["int8 relative to SBERT's rank", '>= 2.5 x', times(ratios['int8 to SBERT rank'])],
        ...(ratios['fp32 to infinity-emb']
          ? [
              [
                'fp32 relative to infinity-emb, ONNX',
                '>= 1.2 x',
                times(ratios['fp32 to infinity-emb']),
              ],
            ]
          : []),
      ],
    ),
  ].join('\n');
}

function load(result) {
  const { firstHalf, secondHalf } = result.residentBytes;
  return [
    '## Under load\n',
    `${result.setting} (${result.capacityRequestsPerSecond.toFixed(1)} requests per second). ${machineOf(result)}\n`,
    table(
      ['', 'target', 'measured'],
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
          'memory, mean of the first half and of the second',
          'flat',
          `${mebibytes(firstHalf)} MiB, ${mebibytes(secondHalf)} MiB`,
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
      ['', 'request time, p50', 'p99', 'training steps/s'],
      [
        ['requests alone', measured.alone.p50, measured.alone.p99, null],
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
      ['', 'target', 'measured'],
      [
        ['requests', '', result.requests],
        ['failed or degraded', '0', result.failures + result.degraded],
        ['answers that mix two models', '0', result.mixed],
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
    '## Storing events\n',
    `${result.setting}. The table shows events per second. The target with the embedded database is 1,000 single and 10,000 batched. ${machineOf(result)}\n`,
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
    '## Service killed with kill -9\n',
    `${result.setting}. ${machineOf(result)}\n`,
    table(
      ['', 'target', 'measured'],
      [
        ['events acknowledged', '', perSecond(result.acknowledged)],
        ['acknowledged events lost', '0', result.lost],
        ['events stored twice', '0', result.doubled],
        [
          'seconds until the service answers again, median',
          '',
          result.secondsToReady.median.toFixed(1),
        ],
      ],
    ),
  ].join('\n');
}

function trainingKills(result) {
  const equal = result.others === 0 ? 'all' : `${result.trainings.length - result.others}`;
  return [
    '## Training killed with kill -9\n',
    `${result.setting}. ${machineOf(result)}\n`,
    table(
      ['', 'target', 'measured'],
      [
        ['kills', '20', result.kills],
        [
          `trainings (of ${result.trainings.length}) that end with the weights of an undisturbed training`,
          'all',
          equal,
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
    '## Mining feedback\n',
    `${result.setting}. The target is 1,000,000 events in 120 s, with bounded memory and linear time. ${machineOf(result)}\n`,
    table(['', 'events', 'seconds', 'peak memory, MiB', 'records'], rows),
  ].join('\n');
}

function jobs(result) {
  return [
    '## Jobs\n',
    `${result.setting}. ${machineOf(result)}\n`,
    table(
      ['workers killed', 'seconds', 'jobs done (of 300)', 'jobs done twice (target: 0)'],
      result.rounds.map((one) => [one.kills, one.seconds.toFixed(1), one.succeeded, one.doubled]),
    ),
  ].join('\n');
}

function clicks(result) {
  const over = (one) => (one ? interval(one) : '');
  return [
    '## Learning from clicks\n',
    `${result.setting}. The tables show NDCG@10 of held-out queries when BM25's first ${result.depth} documents are reranked: means over the logs, with 95 % bootstrap intervals over queries. \`As served\` blends ${result.alpha} of the model's probability with ${(1 - result.alpha).toFixed(1)} of BM25's score, which is the default and what the gate compares. \`Clicks as labels\` takes every clicked document for relevant and every other document for not relevant. \`Naive\` mines by clicks per impression, as if users looked at every rank. This learning rate is the second one measured on MBPP's queries (docs/decisions.md). The target is a result clearly above the starter, and debiased mining above naive mining. ${machineOf(result)}`,
    ...Object.entries(result.sets).map(([name, set]) =>
      [
        `\n${name}: ${set.trainQueries} queries searched, ${set.testQueries} held out, ${set.seeds.length} ${set.seeds.length === 1 ? 'log' : 'logs'}\n`,
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
            'correct',
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
    '## Labels mined from clicks\n',
    `${result.setting}. The tables compare mined labels with the collection's own: means of ${result.logs} logs, with 95 % bootstrap intervals over queries. F1 is of the positives, over the queries whose shown list has a relevant document. These queries decided no parameter.\n`,
    ...Object.entries(result.sets).map(([name, set]) =>
      [
        `${name}: ${set.queries} queries; the lists of ${set.answered} have ${set.answers} relevant documents\n`,
        table(
          ['', 'positives', 'correct', 'negatives', 'correct', 'F1', 'over naive'],
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
