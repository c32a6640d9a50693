/**
 * Learning from clicks: simulated people search MBPP's training tasks, see ten programs as BM25 or the starter
 * ranks them, look further down the more seldom, and click what answers (and now and then what does not). What
 * 2,000 of their clicks teach, mined naively and mined with the bias taken out, is measured on the test tasks.
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

/** Half of the searches show BM25's order, half the starter's; neighbours change places now and then. */
async function logClicks(store, lists, starterScores, behaviour) {
  const random = new SeededRandom(11);
  const searches = [];
  const clicks = [];
  for (let at = 0; clicks.length < CLICKS; at++) {
    const which = at % lists.length;
    const { query, candidates } = lists[which];
    const order = candidates.map((_, index) => index);
    if (random.nextFloat() < 0.5) {
      order.sort((a, b) => starterScores[which][b] - starterScores[which][a]);
    }
    const shown = order.slice(0, SHOWN).map((index) => candidates[index]);
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
const starterScores = await scoreLists(train, starter);
const scores = new Map([
  ['BM25', retrievalScores(test)],
  ['starter', await scoreLists(test, starter)],
]);
const mined = {};
const asked = process.env.USERS?.split(',') ?? Object.keys(users);
for (const [name, behaviour] of Object.entries(users).filter(([name]) => asked.includes(name))) {
  const { db, close } = await openDatabase({ url: null, dataDir: null });
  const searches = await logClicks(new FeedbackStore(db), train, starterScores, behaviour);
  const debiasing = name === 'cascade' ? 'sdbn' : 'inverse-propensity';
  for (const clickModel of ['naive', debiasing]) {
    const { records, report } = await mineFeedback(db, { clickModel });
    const system = `${name}, ${clickModel}`;
    mined[system] = { searches, ...report.judgments, ...rightLabels(records, train) };
    console.log(system, mined[system]);
    if (process.env.LABELS_ONLY) continue;
    scores.set(system, await scoreLists(test, await trainedOn(records)));
  }
  await close();
}

const { systems } = evaluateSystems(test, scores);
const ndcg = (name) => systems.find(({ system }) => system === name).ndcgPerQuery;
const results = systems.map(({ system, metrics }) => {
  const [user, clickModel] = system.split(', ');
  return {
    system,
    'NDCG@10': metrics['NDCG@10'],
    ...(clickModel && { overStarter: pairedBootstrapDifference(ndcg(system), ndcg('starter')) }),
    ...(clickModel &&
      clickModel !== 'naive' && {
        overNaive: pairedBootstrapDifference(ndcg(system), ndcg(`${user}, naive`)),
      }),
    ...mined[system],
  };
});
const interval = (one) =>
  one && `${one.mean.toFixed(3)} [${one.lower.toFixed(3)}, ${one.upper.toFixed(3)}]`;
console.log(`\n${machine().cpu}; ${test.length} held-out tasks, BM25 top ${DEPTH}`);
console.table(
  results.map((one) => ({
    system: one.system,
    'NDCG@10': interval(one['NDCG@10']),
    'over starter': interval(one.overStarter) ?? '',
    'over naive': interval(one.overNaive) ?? '',
    'right positives': one.right === undefined ? '' : `${Math.round(one.right * 100)} %`,
  })),
);
save('clicks', {
  setting: `MBPP: ${train.length} training tasks searched, ${CLICKS} clicks, ${SHOWN} of BM25's top ${DEPTH} shown by BM25 or the starter; a relevant program is clicked in ${CLICK_IF.relevant}, another in ${CLICK_IF.irrelevant} of looks; BinaryCrossEntropyLoss from the starter, ${EPOCHS} epochs, learning rate ${LEARNING_RATE}`,
  queries: test.length,
  depth: DEPTH,
  results,
});
