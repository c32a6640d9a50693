/**
 * Learning from clicks: simulated people search with a collection's training queries and see what BM25 finds.
 * What 2,000 of their clicks teach, mined naively and mined with the bias taken out, is measured on the test
 * queries. Training is the same for every collection; nothing was chosen on test queries.
 *
 * node benchmarks/clicks.mjs [folders in BEIR's layout, default ../shared/data/mbpp and ../shared/data/cranfield]
 */
import { basename, join } from 'node:path';
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
import { openDatabase } from '../packages/learning-reranker/dist/database/index.js';
import { FeedbackStore } from '../packages/learning-reranker/dist/feedback/index.js';
import { readBeir } from '../packages/learning-reranker/dist/mining/formats/index.js';
import { mineFeedback } from '../packages/learning-reranker/dist/mining/sources/feedback.js';
import { machine, root, save, THREADS } from './record.mjs';
import { CLICK_IF, logClicks, SHOWN, users } from './simulated-users.mjs';

const CLICKS = 2000;
const MOST_TRAIN_QUERIES = 200;
const MOST_TEST_QUERIES = 200;
const DEPTH = 20;
const EPOCHS = 2;
const LEARNING_RATE = 2e-5;
/** Each makes a log of its own. */
const SEEDS = [11, 12, 13];
/** What takes the bias of each kind of user out. */
const DEBIASED = { 'position-based': 'inverse-propensity', cascade: 'sdbn' };
const STARTER = join(root, 'models/starter');

const given = process.argv.slice(2);
const folders = given.length > 0 ? given : [sharedData('mbpp'), sharedData('cranfield')];
const sets = {};
for (const folder of folders) sets[basename(folder)] = await measured(folder);
save('clicks', {
  setting: `training queries searched until ${CLICKS} clicks, BM25's first ${SHOWN} shown with neighbours swapped at a fifth of the ranks; a look reaches rank k with probability 1/k (position-based) or goes on until the first click (cascade); what is relevant is clicked in ${CLICK_IF.relevant} of looks, the rest in ${CLICK_IF.irrelevant}; BinaryCrossEntropyLoss from the starter, ${EPOCHS} epochs, learning rate ${LEARNING_RATE}`,
  seeds: SEEDS,
  depth: DEPTH,
  sets,
});

async function measured(folder) {
  const collection = await readBeir(folder);
  const train = listsOf(collection, 'train', MOST_TRAIN_QUERIES);
  const test = listsOf(collection, 'test', MOST_TEST_QUERIES);
  const starter = await CrossEncoder.load(STARTER, { maxLength: 256 });
  const before = evaluateSystems(
    test,
    new Map([
      ['BM25', retrievalScores(test)],
      ['starter', await scoreLists(test, starter)],
    ]),
  ).systems;
  const results = before.map(({ system, metrics }) => ({
    system,
    'NDCG@10': metrics['NDCG@10'].mean,
  }));
  const ofStarter = before.find(({ system }) => system === 'starter').ndcgPerQuery;
  for (const [name, clickModel] of Object.entries(DEBIASED)) {
    const logs = [];
    for (const seed of SEEDS) logs.push(await taught(train, test, name, seed));
    // Of each query the mean over the logs: intervals are over queries, seeds only lessen the noise.
    const meanOverLogs = (way) =>
      test.map((_, query) => mean(logs.map((log) => log[way].ndcg[query])));
    const naive = meanOverLogs('naive');
    for (const way of ['naive', clickModel]) {
      const ndcg = meanOverLogs(way);
      results.push({
        system: `${name}, ${way}`,
        'NDCG@10': mean(ndcg),
        perSeed: logs.map((log) => mean(log[way].ndcg)),
        overStarter: pairedBootstrapDifference(ndcg, ofStarter),
        ...(way !== 'naive' && { overNaive: pairedBootstrapDifference(ndcg, naive) }),
        labels: logs.map((log) => log[way].labels),
      });
    }
  }
  print(basename(folder), test.length, results);
  return { trainQueries: train.length, testQueries: test.length, results };
}

/** What one log teaches: for each way of mining it the labels, and NDCG@10 of every test query. */
async function taught(train, test, userName, seed) {
  const { db, close } = await openDatabase({ url: null, dataDir: null });
  const store = new FeedbackStore(db);
  const searches = await logClicks(store, train, users[userName], { clicks: CLICKS, seed });
  const results = {};
  for (const clickModel of ['naive', DEBIASED[userName]]) {
    const { records, report } = await mineFeedback(db, { clickModel });
    const labels = { searches, ...report.judgments, right: rightLabels(records, train) };
    console.log(`${userName}, ${clickModel}, seed ${seed}:`, JSON.stringify(labels));
    const model = await trainedOn(records);
    const { systems } = evaluateSystems(test, new Map([['model', await scoreLists(test, model)]]));
    results[clickModel] = { labels, ndcg: systems[0].ndcgPerQuery };
  }
  await close();
  return results;
}

async function trainedOn(records) {
  const model = await CrossEncoder.load(STARTER, { maxLength: 256 });
  await new CrossEncoderTrainer({
    model,
    loss: createLoss('BinaryCrossEntropyLoss'),
    trainDataset: projectRecords(records, 'labelled-pairs'),
    arguments: {
      perDeviceTrainBatchSize: 16,
      numTrainEpochs: EPOCHS,
      learningRate: LEARNING_RATE,
      warmupSteps: 0.1,
      maxLength: 256,
      saveStrategy: 'no',
      threads: THREADS,
    },
  }).train();
  return model;
}

/** Of the positives mined, how many are what the collection says. */
function rightLabels(records, lists) {
  const relevant = new Set(
    lists.flatMap(({ query, candidates }) =>
      candidates.filter(({ grade }) => grade > 0).map(({ text }) => `${query}\n${text}`),
    ),
  );
  const right = records.filter(({ query, positive }) => relevant.has(`${query}\n${positive.text}`));
  return right.length / records.length;
}

function listsOf({ queries, corpus, qrels }, split, limit) {
  const textOf = new Map(queries.map(({ id, text }) => [id, text]));
  const samples = new Map();
  for (const { queryId, documentId, grade } of qrels[split]) {
    const query = textOf.get(queryId);
    const relevant = { ...samples.get(query)?.relevant, [documentId]: grade };
    samples.set(query, { query, relevant });
  }
  const documents = corpus.map(({ id, text }) => ({ id, text, doc_path_rel: id, repo_slug: '' }));
  return candidateLists([...samples.values()], documents, { limit, depth: DEPTH });
}

function print(name, queries, results) {
  const interval = (one) =>
    one ? `${one.mean.toFixed(3)} [${one.lower.toFixed(3)}, ${one.upper.toFixed(3)}]` : '';
  console.log(`\n${name}: ${machine().cpu}; ${queries} held-out queries, BM25's top ${DEPTH}`);
  console.table(
    results.map((one) => ({
      system: one.system,
      'NDCG@10': one['NDCG@10'].toFixed(3),
      'over starter': interval(one.overStarter),
      'over naive': interval(one.overNaive),
    })),
  );
}

function sharedData(name) {
  return join(root, '../shared/data', name);
}

function mean(values) {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
