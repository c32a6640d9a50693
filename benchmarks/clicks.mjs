/**
 * Learning from clicks: simulated people search MBPP's training tasks, see ten programs as BM25 ranks them,
 * look further down the more seldom, and click what answers (and now and then what does not). What 2,000 of
 * their clicks teach, mined naively and mined with the bias taken out, is measured on the test tasks. The users
 * are those of Joachims, Swaminathan and Schnabel (WSDM 2017): looks fall with 1/rank, a tenth of clicks is noise.
 *
 * node benchmarks/clicks.mjs [folder of MBPP, default ../shared/data/mbpp]
 */
import { join } from 'node:path';
import {
  CrossEncoder,
  CrossEncoderTrainer,
  createLoss,
  pairedBootstrapDifference,
  SeededRandom,
} from '@learning-reranker/cross-encoder';
import {
  candidateLists,
  evaluateSystems,
  projectRecords,
  retrievalScores,
  scoreLists,
} from 'learning-reranker';
import { openDatabase } from '../packages/learning-reranker/dist/database/index.js';
import {
  FeedbackStore,
  feedbackSchema,
  searchSchema,
} from '../packages/learning-reranker/dist/feedback/index.js';
import { readBeir } from '../packages/learning-reranker/dist/mining/formats/index.js';
import { mineFeedback } from '../packages/learning-reranker/dist/mining/sources/feedback.js';
import { machine, root, save, THREADS } from './record.mjs';

const CLICKS = Number(process.env.CLICKS ?? 2000);
const TRAIN_QUERIES = Number(process.env.TRAIN_QUERIES ?? 200);
const TEST_QUERIES = Number(process.env.TEST_QUERIES ?? 200);
const DEPTH = 20;
const SHOWN = 10;
const EPOCHS = Number(process.env.EPOCHS ?? 2);
const LEARNING_RATE = 2e-5;
/** Of what was looked at. */
const CLICK_IF = { relevant: 0.8, irrelevant: 0.1 };
/** Each makes a log of its own. */
const SEEDS = (process.env.SEEDS ?? '11,12,13').split(',').map(Number);
/** What takes the bias of each kind of user out. */
const DEBIASED = { 'position-based': 'inverse-propensity', cascade: 'sdbn' };
const STARTER = join(root, 'models/starter');

const set = await readBeir(process.argv[2] ?? join(root, '../shared/data/mbpp'));
const corpus = set.corpus.map(({ id, text }) => ({ id, text, doc_path_rel: id, repo_slug: '' }));
const listsOf = (split, limit) => {
  const textOf = new Map(set.queries.map(({ id, text }) => [id, text]));
  const samples = new Map();
  for (const { queryId, documentId, grade } of set.qrels[split]) {
    const query = textOf.get(queryId);
    samples.set(query, {
      query,
      relevant: { ...samples.get(query)?.relevant, [documentId]: grade },
    });
  }
  return candidateLists([...samples.values()], corpus, { limit, depth: DEPTH });
};

/** Both look from the top; the one at any rank by chance, the other until satisfied. */
const users = {
  'position-based': (shown, random) =>
    shown.filter(
      ({ grade }, at) => random.nextFloat() < 1 / (at + 1) && random.nextFloat() < clickRate(grade),
    ),
  cascade: (shown, random) => {
    const first = shown.find(({ grade }) => random.nextFloat() < clickRate(grade));
    return first ? [first] : [];
  },
};
const clickRate = (grade) => (grade > 0 ? CLICK_IF.relevant : CLICK_IF.irrelevant);

/** Shown is what the search finds before there is a reranker; neighbours change places now and then. */
async function logClicks(store, lists, behaviour, seed) {
  const random = new SeededRandom(seed);
  const searches = [];
  const clicks = [];
  for (let at = 0; clicks.length < CLICKS; at++) {
    const which = at % lists.length;
    const { query, candidates } = lists[which];
    const shown = candidates.slice(0, SHOWN);
    for (let rank = 1; rank < shown.length; rank++) {
      if (random.nextFloat() < 0.2) [shown[rank - 1], shown[rank]] = [shown[rank], shown[rank - 1]];
    }
    const event_id = `search-${at}`;
    const client_id = `client-${random.nextInt(400)}`;
    const documents = shown.map(({ id, text }) => ({ id, text }));
    searches.push(searchSchema.parse({ event_id, query, client_id, documents }));
    for (const { id } of behaviour(shown, random)) {
      clicks.push(feedbackSchema.parse({ event_id, kind: 'click', document_id: id }));
    }
  }
  for (let from = 0; from < searches.length; from += 1000) {
    await store.recordSearches(searches.slice(from, from + 1000));
  }
  await store.recordFeedback(clicks.slice(0, CLICKS));
  return searches.length;
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

/** Of the labels mined, how many are what the collection says. */
function rightLabels(records, lists) {
  const relevant = new Set(
    lists.flatMap(({ query, candidates }) =>
      candidates.filter(({ grade }) => grade > 0).map(({ text }) => `${query}\n${text}`),
    ),
  );
  const positives = records.filter(({ query, positive }) =>
    relevant.has(`${query}\n${positive.text}`),
  );
  return { positives: records.length, right: positives.length / records.length };
}

const train = listsOf('train', TRAIN_QUERIES);
const test = listsOf('test', TEST_QUERIES);
const starter = await CrossEncoder.load(STARTER, { maxLength: 256 });
const starterScores = process.env.LABELS_ONLY ? null : await scoreLists(test, starter);

/** What one log teaches: for each way of mining it the labels, and NDCG@10 of every test query. */
async function taught(userName, seed) {
  const { db, close } = await openDatabase({ url: null, dataDir: null });
  const searches = await logClicks(new FeedbackStore(db), train, users[userName], seed);
  const results = {};
  for (const clickModel of ['naive', DEBIASED[userName]]) {
    const { records, report } = await mineFeedback(db, { clickModel });
    const labels = { searches, ...report.judgments, ...rightLabels(records, train) };
    console.log(`${userName}, ${clickModel}, seed ${seed}:`, JSON.stringify(labels));
    const ndcg = process.env.LABELS_ONLY ? null : await ndcgPerQuery(await trainedOn(records));
    results[clickModel] = { labels, ndcg };
  }
  await close();
  return results;
}

async function ndcgPerQuery(model) {
  const { systems } = evaluateSystems(test, new Map([['model', await scoreLists(test, model)]]));
  return systems[0].ndcgPerQuery;
}

const asked = process.env.USERS?.split(',') ?? Object.keys(users);
const logs = {};
for (const name of asked) {
  logs[name] = [];
  for (const seed of SEEDS) logs[name].push(await taught(name, seed));
}
if (process.env.LABELS_ONLY) process.exit(0);

/** Of each query the mean over the logs: intervals are over queries, seeds only lessen the noise. */
const meanOverLogs = (name, clickModel) =>
  test.map((_, query) => mean(logs[name].map((one) => one[clickModel].ndcg[query])));
const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

const before = evaluateSystems(
  test,
  new Map([
    ['BM25', retrievalScores(test)],
    ['starter', starterScores],
  ]),
).systems;
const ofStarter = before.find(({ system }) => system === 'starter').ndcgPerQuery;
const results = before.map(({ system, metrics }) => ({
  system,
  'NDCG@10': metrics['NDCG@10'].mean,
}));
for (const name of asked) {
  const naive = meanOverLogs(name, 'naive');
  for (const clickModel of ['naive', DEBIASED[name]]) {
    const ndcg = meanOverLogs(name, clickModel);
    results.push({
      system: `${name}, ${clickModel}`,
      'NDCG@10': mean(ndcg),
      perSeed: logs[name].map((one) => mean(one[clickModel].ndcg)),
      overStarter: pairedBootstrapDifference(ndcg, ofStarter),
      ...(clickModel !== 'naive' && { overNaive: pairedBootstrapDifference(ndcg, naive) }),
      labels: logs[name].map((one) => one[clickModel].labels),
    });
  }
}
const interval = (one) =>
  one ? `${one.mean.toFixed(3)} [${one.lower.toFixed(3)}, ${one.upper.toFixed(3)}]` : '';
console.log(`\n${machine().cpu}; ${test.length} held-out tasks, BM25 top ${DEPTH}`);
console.table(
  results.map((one) => ({
    system: one.system,
    'NDCG@10': one['NDCG@10'].toFixed(3),
    'over starter': interval(one.overStarter),
    'over naive': interval(one.overNaive),
  })),
);
save('clicks', {
  setting: `MBPP: ${train.length} training tasks searched until ${CLICKS} clicks, BM25's first ${SHOWN} shown with neighbours swapped at a fifth of the ranks; a look reaches rank k with probability 1/k (position-based) or goes on until the first click (cascade); a relevant program is clicked in ${CLICK_IF.relevant} of looks, another in ${CLICK_IF.irrelevant}; BinaryCrossEntropyLoss from the starter, ${EPOCHS} epochs, learning rate ${LEARNING_RATE}`,
  seeds: SEEDS,
  queries: test.length,
  depth: DEPTH,
  results,
});
