/**
 * Measures learning from clicks. Simulated users search a collection's training queries and see what BM25 finds. A
 * model is trained on 2,000 of their clicks and measured on the test queries: with clicks as labels, mined by clicks
 * per impression, and mined debiased. For comparison, another is trained on the collection's own labels of the same
 * lists, which is the most that mining can reach.
 * Training is `reranker train` with its defaults, except LOSS and LEARNING_RATE. docs/decisions.md says what was
 * tried, and on which queries.
 *
 * npm run bench -- clicks [folders in BEIR's layout, default mbpp and cranfield of ../shared/data]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  CrossEncoder,
  findLoss,
  pairedBootstrapDifference,
} from '@learning-reranker/cross-encoder';
import {
  blendLists,
  evaluateSystems,
  modelsFolder,
  resolveModel,
  retrievalScores,
  scoreLists,
  settingDefinitions,
  snapshotOfMined,
} from 'learning-reranker';
import {
  chosenArguments,
  corpusOf,
  FeedbackStore,
  judgeLog,
  minedFiles,
  mineFeedback,
  openDatabase,
  planTraining,
  recordsOf,
  startTraining,
  storeMined,
} from 'learning-reranker/internals';
import { machine, mean, read, root, save } from '../shared/record.mjs';
import { listsOfSplits } from './collection-lists.mjs';
import { DEBIASED, LOOKS, logClicks, SHOWN, users } from './simulated-users.mjs';

const CLICKS = 2000;
/** Training without mining: the biased baseline of Joachims, Swaminathan and Schnabel (WSDM 2017). */
const CLICKS_AS_LABELS = 'clicks as labels';
const MOST_QUERIES = 500;
const DEPTH = 20;
const LOSS = 'BinaryCrossEntropyLoss';
const LEARNING_RATE = 4e-5;
const MAX_LENGTH = 256;
/** Each log has its own seed, which its training uses too. */
const FIRST_SEED = 11;
/** Test queries over all logs: a collection with fewer of them gets more logs. */
const QUERIES_IN_ALL = 500;
const STARTER = join(root, 'models/starter');
const defaults = Object.fromEntries(
  Object.entries(settingDefinitions).map(([name, { fallback }]) => [name, fallback]),
);

const given = process.argv.slice(2);
const folders = given.length > 0 ? given : ['mbpp', 'cranfield'].map(sharedData);
const setting = `Simulated users search the training queries until there are ${CLICKS} clicks. ${LOOKS}. Each model is trained from the starter as \`reranker train --loss ${findLoss(LOSS).alias} --learning-rate ${LEARNING_RATE}\` does. True labels are the collection's own labels of the lists that the users saw`;

for (const folder of folders) {
  // Saves after each log, since logs take long. Other collections keep their results of the same setting.
  for await (const result of measured(folder)) {
    const earlier = read('clicks');
    const sets = earlier?.setting === setting ? earlier.sets : {};
    save('clicks', {
      setting,
      depth: DEPTH,
      alpha: defaults.alpha,
      sets: { ...sets, [basename(folder)]: result },
    });
  }
}

/** The results over all logs so far, after each log. */
async function* measured(folder) {
  const [train, test] = await listsOfSplits(folder, ['train', 'test'], {
    limit: MOST_QUERIES,
    depth: DEPTH,
  });
  const bm25 = rankings(test, retrievalScores(test));
  const starter = await CrossEncoder.load(STARTER, { maxLength: MAX_LENGTH });
  const before = await rankingsOf(test, starter);
  const known = trueRecords(train);
  let ofKnown;
  const logs = [];
  while (logs.length * test.length < QUERIES_IN_ALL) {
    const seed = FIRST_SEED + logs.length;
    const log = { seed };
    for (const name of Object.keys(DEBIASED)) log[name] = await taught(train, test, name, seed);
    logs.push(log);
    ofKnown ??= await after(known, shownDocuments(train), test, seed);
    const results = [
      { system: 'BM25', served: { 'NDCG@10': mean(bm25.alone) } },
      { system: 'starter', ...figures((way) => [before[way]]) },
      ...Object.entries(DEBIASED).flatMap(([name, clickModel]) => {
        const of = (model) => (way) => logs.map((one) => one[name][model].after[way]);
        const against = { overClicksAsLabels: of(CLICKS_AS_LABELS), overNaive: of('naive') };
        return [CLICKS_AS_LABELS, 'naive', clickModel].map((model) => ({
          system: `${name}, ${model}`,
          ...figures(of(model), before, model === clickModel ? against : {}),
          labels: logs.map((one) => one[name][model].labels),
        }));
      }),
      {
        system: 'true labels of the same lists',
        ...figures((way) => [ofKnown[way]], before),
        labels: [{ positive: known.length, right: 1 }],
      },
    ];
    print(basename(folder), test.length, results);
    yield {
      trainQueries: train.length,
      testQueries: test.length,
      seeds: logs.map((one) => one.seed),
      results,
    };
  }
}

/** NDCG@10 as served and with the model alone, and its difference to the starter and to other ways of mining. */
function figures(of, starter, against = {}) {
  const measured = (way) => {
    // The mean over the logs of each query: intervals are over queries, and more logs only reduce the noise.
    const ndcg = meanOverLogs(of(way));
    return {
      'NDCG@10': mean(ndcg),
      perLog: of(way).map(mean),
      ...(starter && { overStarter: pairedBootstrapDifference(ndcg, starter[way]) }),
      ...Object.fromEntries(
        Object.entries(against).map(([name, other]) => [
          name,
          pairedBootstrapDifference(ndcg, meanOverLogs(other(way))),
        ]),
      ),
    };
  };
  return { served: measured('served'), alone: measured('alone') };
}

function meanOverLogs(logs) {
  return logs[0].map((_, query) => mean(logs.map((log) => log[query])));
}

/** The results of one log: for each way of mining, the labels and the NDCG@10 of every test query. */
async function taught(train, test, userName, seed) {
  const { db, close } = await openDatabase({ url: null, dataDir: null });
  const store = new FeedbackStore(db);
  const searches = await logClicks(store, train, users[userName], { clicks: CLICKS, seed });
  const mined = { [CLICKS_AS_LABELS]: await clicksAsLabels(db) };
  for (const clickModel of ['naive', DEBIASED[userName]]) {
    const { records, corpus, report } = await mineFeedback(db, { clickModel });
    mined[clickModel] = { records, corpus, counts: report.judgments };
  }
  await close();
  const results = {};
  for (const [way, { records, corpus, counts }] of Object.entries(mined)) {
    const labels = { searches, ...counts, right: rightLabels(records, train) };
    console.log(`${userName}, ${way}, seed ${seed}:`, JSON.stringify(labels));
    results[way] = { labels, after: await after(records, corpus, test, seed) };
  }
  return results;
}

/** Clicks as labels: every clicked document is relevant, every other is not. */
async function clicksAsLabels(db) {
  const { log, judged, texts } = await judgeLog(db);
  const counts = { positive: 0, negative: 0 };
  const labelled = [...judged.queries].map(({ query, judgments }) => ({
    query: texts.get(query),
    wasShown: (id) => log.queries.get(query).has(id),
    documents: judgments.map((judgment) => {
      const label = judgment.clicks > 0 ? 'positive' : 'negative';
      counts[label]++;
      return { text: texts.get(judgment.statistics.text), judgment: { ...judgment, label } };
    }),
  }));
  const corpus = corpusOf(log, texts);
  return { records: recordsOf(labelled, corpus), corpus, counts };
}

/** The records that mining would make of the collection's own labels of the shown lists. */
function trueRecords(lists) {
  const judged = lists.map(({ query, candidates }) => {
    const shown = candidates.slice(0, SHOWN);
    const ids = new Set(shown.map(({ id }) => id));
    return {
      query,
      wasShown: (id) => ids.has(id),
      documents: shown.map(({ id, text, grade }) => ({
        text,
        judgment: {
          documentId: id,
          label: grade > 0 ? 'positive' : 'negative',
          reason: "the collection's own label",
          statistics: { eventId: 'none' },
        },
      })),
    };
  });
  return recordsOf(judged, shownDocuments(lists));
}

/** Every shown document, as mining stores it. */
function shownDocuments(lists) {
  const shown = new Map(
    lists.flatMap(({ candidates }) => candidates.slice(0, SHOWN).map((one) => [one.id, one])),
  );
  return [...shown.values()].map(({ id, text }) => ({
    id,
    text,
    doc_path_rel: id,
    repo_slug: '',
  }));
}

/** Ranks every test query after a training by the product, with its split, replay and choice of checkpoint. */
async function after(records, corpus, test, seed) {
  const dataDir = await mkdtemp(join(tmpdir(), 'clicks-'));
  const settings = { ...defaults, dataDir };
  await storeMined(
    minedFiles(dataDir, null),
    'feedback',
    { records, corpus, samples: [] },
    'replace',
  );
  const { modelId } = await startTraining(
    planTraining({
      dataDir,
      snapshot: await snapshotOfMined(settings),
      base: await resolveModel(dataDir, 'starter'),
      description: findLoss(LOSS),
      lossParameters: {},
      chosen: chosenArguments(settings, { learning_rate: LEARNING_RATE, seed }),
    }),
  );
  const model = await CrossEncoder.load(join(modelsFolder(dataDir), modelId), {
    maxLength: MAX_LENGTH,
  });
  await rm(dataDir, { recursive: true });
  return rankingsOf(test, model);
}

async function rankingsOf(lists, model) {
  const scores = await scoreLists(lists, model);
  await model.release();
  return rankings(lists, scores);
}

/** NDCG@10 of every query with these scores alone, and blended with BM25's as the product does by default. */
function rankings(lists, scores) {
  const ndcg = (one) => evaluateSystems(lists, new Map([['', one]])).systems[0].ndcgPerQuery;
  return { alone: ndcg(scores), served: ndcg(blendLists(lists, scores, defaults.alpha)) };
}

/** The share of mined positives that the collection confirms. */
function rightLabels(records, lists) {
  const relevant = new Set(
    lists.flatMap(({ query, candidates }) =>
      candidates.filter(({ grade }) => grade > 0).map(({ text }) => `${query}\n${text}`),
    ),
  );
  const right = records.filter(({ query, positive }) => relevant.has(`${query}\n${positive.text}`));
  return right.length / records.length;
}

function print(name, queries, results) {
  const interval = (one) =>
    one ? `${one.mean.toFixed(3)} [${one.lower.toFixed(3)}, ${one.upper.toFixed(3)}]` : '';
  console.log(`\n${name}: ${machine().cpu}; ${queries} held-out queries, BM25's top ${DEPTH}`);
  console.table(
    results.map(({ system, served, alone }) => ({
      system,
      'NDCG@10': served['NDCG@10'].toFixed(3),
      'over starter': interval(served.overStarter),
      'over clicks as labels': interval(served.overClicksAsLabels),
      'over naive': interval(served.overNaive),
      'model alone, over starter': interval(alone?.overStarter),
      'over naive, alone': interval(alone?.overNaive),
    })),
  );
}

function sharedData(name) {
  return join(root, '../shared/data', name);
}
