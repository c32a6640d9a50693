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

function clicks(result) {
  const interval = ({ mean, lower, upper }) =>
    `${mean.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;
  return [
    '## Learning from clicks\n',
    `${result.setting}; ${result.queries} held-out tasks, BM25's top ${result.depth}; 95 % bootstrap intervals, one seed. Asked for: clearly above the starter, debiased above naive; the first is shown for naive mining, the second is not: half of the shown lists were the starter's own, so their bias was mild. ${machineOf(result)}\n`,
    table(
      ['', 'NDCG@10', 'over the starter'],
      result.results.map((one) => [
        one.system,
        interval(one['NDCG@10']),
        one.overStarter ? interval(one.overStarter) : '',
      ]),
    ),
  ].join('\n');
}

export const serviceSections = {
  'rerank-http': rerankHttp,
  load,
  'hot-reload': hotReload,
  ingest,
  kills,
  mining,
  jobs,
  clicks,
};
