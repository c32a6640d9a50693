/**
 * Compares labels mined from clicks with the collection's own labels. Simulated users search the test queries and
 * see what BM25 finds; 2,000 of their clicks are mined naively and debiased. Nothing is trained, so there is time
 * for enough logs to show the difference.
 *
 * npm run bench -- click-labels [folders in BEIR's layout, default mbpp, cranfield and conala of ../shared/data]
 */
import { basename, join } from 'node:path';
import { pairedBootstrapDifference } from '@learning-reranker/cross-encoder';
import { FeedbackStore, judgeLog, openDatabase } from 'learning-reranker/internals';
import { mean, root, save } from '../shared/record.mjs';
import { listsOfSplits } from './collection-lists.mjs';
import { DEBIASED, LOOKS, logClicks, SHOWN, users } from './simulated-users.mjs';

const CLICKS = 2000;
const MOST_QUERIES = 500;
const SEEDS = [11, 12, 13, 14, 15];

const given = process.argv.slice(2);
const folders =
  given.length > 0
    ? given
    : ['mbpp', 'cranfield', 'conala'].map((name) => join(root, '../shared/data', name));
const sets = {};
for (const folder of folders) sets[basename(folder)] = await measured(folder);
save('click-labels', {
  setting: `Simulated users search the test queries until there are ${CLICKS} clicks. ${LOOKS}`,
  logs: SEEDS.length,
  sets,
});

async function measured(folder) {
  const [lists] = await listsOfSplits(folder, ['test'], { limit: MOST_QUERIES, depth: SHOWN });
  const answersOf = new Map(
    lists.map(({ query, candidates }) => [
      query,
      new Set(candidates.filter(({ grade }) => grade > 0).map(({ id }) => id)),
    ]),
  );
  const results = [];
  for (const [name, clickModel] of Object.entries(DEBIASED)) {
    const logs = [];
    for (const seed of SEEDS) logs.push(await judged(lists, name, seed));
    const of = (model) => logs.map((log) => log[model]);
    const naive = f1PerQuery(of('naive'), answersOf);
    for (const model of ['naive', clickModel]) {
      const f1 = f1PerQuery(of(model), answersOf);
      results.push({
        system: `${name}, ${model}`,
        positive: share(of(model), 'positive', answersOf),
        negative: share(of(model), 'negative', answersOf),
        f1: mean(f1),
        ...(model !== 'naive' && { overNaive: pairedBootstrapDifference(f1, naive) }),
      });
    }
  }
  print(basename(folder), results);
  const answers = [...answersOf.values()].map(({ size }) => size);
  return {
    queries: lists.length,
    answered: answers.filter((count) => count > 0).length,
    answers: answers.reduce((sum, count) => sum + count),
    results,
  };
}

/** The judgments of every shown document, by click model. */
async function judged(lists, userName, seed) {
  const { db, close } = await openDatabase({ url: null, dataDir: null });
  await logClicks(new FeedbackStore(db), lists, users[userName], { clicks: CLICKS, seed });
  const labels = {};
  for (const clickModel of ['naive', DEBIASED[userName]]) {
    const { judged, texts } = await judgeLog(db, { clickModel });
    labels[clickModel] = [...judged.queries].flatMap(({ query, judgments }) =>
      judgments.map(({ documentId, label }) => ({ query: texts.get(query), documentId, label })),
    );
  }
  await close();
  return labels;
}

/** The mean number of documents with a label, and the share that the collection confirms. */
function share(logs, wanted, answersOf) {
  const found = logs.flat().filter(({ label }) => label === wanted);
  const right = found.filter(
    ({ query, documentId }) => answersOf.get(query).has(documentId) === (wanted === 'positive'),
  );
  return { found: found.length / logs.length, right: right.length / found.length };
}

/** F1 of the positives for every query with a relevant document in its shown list, as a mean over the logs. */
function f1PerQuery(logs, answersOf) {
  const positives = logs.map((log) => byQuery(log.filter(({ label }) => label === 'positive')));
  return [...answersOf]
    .filter(([, answers]) => answers.size > 0)
    .map(([query, answers]) =>
      mean(
        positives.map((ofQuery) => {
          const found = ofQuery.get(query) ?? [];
          const right = found.filter(({ documentId }) => answers.has(documentId)).length;
          return (2 * right) / (found.length + answers.size);
        }),
      ),
    );
}

function byQuery(judgments) {
  const ofQuery = new Map();
  for (const one of judgments) {
    if (!ofQuery.has(one.query)) ofQuery.set(one.query, []);
    ofQuery.get(one.query).push(one);
  }
  return ofQuery;
}

function print(name, results) {
  console.log(`\n${name}`);
  const counted = ({ found, right }) => `${found.toFixed(0)}, ${(100 * right).toFixed(1)} % right`;
  console.table(
    results.map(({ system, positive, negative, f1, overNaive }) => ({
      system,
      positive: counted(positive),
      negative: counted(negative),
      F1: f1.toFixed(3),
      'over naive': overNaive
        ? `${overNaive.mean.toFixed(3)} [${overNaive.lower.toFixed(3)}, ${overNaive.upper.toFixed(3)}]`
        : '',
    })),
  );
}
