/**
 * Compares the starter model with BM25 and with its teacher, a bi-encoder, on code that training did not use.
 *
 * npm run bench -- starter -- [--collections shared/data] [--packages <folder>] [--teacher <folder>] [--model models/starter]
 *
 * `--queries` limits the queries of a repository, `--judged` those of a collection. Fetches missing held-out packages
 * into --packages.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  bootstrapInterval,
  CrossEncoder,
  mean,
  pairedBootstrapDifference,
} from '@learning-reranker/cross-encoder';

const root = new URL('../..', import.meta.url).pathname;
const recipe = join(root, 'models/starter/recipe');
const { values: options } = parseArgs({
  options: {
    collections: { type: 'string', default: join(root, '../shared/data') },
    packages: { type: 'string', default: join(root, '.learning-reranker/starter') },
    teacher: { type: 'string' },
    model: { type: 'string', default: join(root, 'models/starter') },
    queries: { type: 'string', default: '150' },
    judged: { type: 'string', default: '1000' },
    alpha: { type: 'string', default: '0.7' },
    output: { type: 'string', default: join(root, 'benchmarks/results/starter.json') },
  },
});
execFileSync('npx', ['tsc', '-b', recipe], { cwd: root, stdio: 'inherit' });
const load = (name) => import(join(recipe, `dist/${name}.js`));
const { beirSet, rankByBm25, repositorySet } = await load('evaluation-sets');
const { fetchPackage, listPackages, unpackedFolders } = await load('packages');
const { blended, measure } = await load('measure');
const { Teacher } = await load('teacher');

const DEPTH = 50;
const sets = [];
for (const name of ['conala', 'mbpp', 'cranfield']) {
  const folder = join(options.collections, name);
  if (existsSync(folder)) sets.push(await beirSet(folder, name, 'test', Number(options.judged)));
  else console.log(`${name} is skipped: ${folder} does not exist`);
}
await mkdir(options.packages, { recursive: true });
for (const one of await listPackages(join(recipe, 'packages.json'))) {
  if (one.use !== 'held-out') continue;
  await fetchPackage(one, options.packages);
  const unpacked = await unpackedFolders(one, options.packages);
  sets.push(await repositorySet(unpacked, Number(options.queries)));
}
const typescript = ['typescript/lib/lib.es5.d.ts', 'typescript/lib/lib.dom.d.ts', '@types/node'];
sets.push(
  await repositorySet(
    { name: 'typescript', folders: typescript.map((path) => join(root, 'node_modules', path)) },
    Number(options.queries),
  ),
);

const model = await CrossEncoder.load(options.model, { threads: 2 });
const int8 = await CrossEncoder.load(options.model, { threads: 2, dtype: 'int8' });
const teacher = options.teacher ? await Teacher.load(options.teacher) : undefined;
const alpha = Number(options.alpha);
const report = { depth: DEPTH, alpha, sets: [] };
for (const set of sets) {
  const ranked = rankByBm25(set, DEPTH);
  const bm25 = ranked.map((query) => query.bm25);
  const began = performance.now();
  const starter = await scoresBy(model, set, ranked);
  const seconds = (performance.now() - began) / 1000;
  const systems = {
    BM25: bm25,
    starter,
    blend: blended(starter, bm25, alpha),
    'starter int8': await scoresBy(int8, set, ranked),
  };
  if (teacher) systems['bi-encoder'] = await byTeacher(teacher, set, ranked);
  const measured = Object.entries(systems).map(([name, scores]) => [name, measure(ranked, scores)]);
  const base = measured[0][1];
  const { starter: exact, 'starter int8': rounded } = Object.fromEntries(measured);
  const row = {
    name: set.name,
    queries: ranked.length,
    documents: set.corpus.length,
    pairsPerSecond: Math.round(bm25.flat().length / seconds),
    'int8 less fp32': pairedBootstrapDifference(rounded.ndcg, exact.ndcg),
    systems: Object.fromEntries(
      measured.map(([name, { ndcg, mrr }]) => [
        name,
        {
          'ndcg@10': bootstrapInterval(ndcg),
          'mrr@10': mean(mrr),
          'difference to BM25': pairedBootstrapDifference(ndcg, base.ndcg),
        },
      ]),
    ),
  };
  report.sets.push(row);
  print(row);
}
const repositories = report.sets.filter(({ name }) => !name.includes(' '));
for (const system of Object.keys(repositories[0]?.systems ?? {})) {
  const values = repositories.map((row) => row.systems[system]['ndcg@10'].mean);
  console.log(
    `mean of ${values.length} held-out repositories  ${system}  ${mean(values).toFixed(3)}`,
  );
}
await writeFile(options.output, `${JSON.stringify(report, null, 2)}\n`);

async function scoresBy(scorer, { corpus }, ranked) {
  const scores = [];
  for (const { query, candidates } of ranked) {
    const pairs = candidates.map((at) => [query, corpus[at]]);
    scores.push(pairs.length > 0 ? await scorer.predict(pairs, { batchSize: 25 }) : []);
  }
  return scores;
}

async function byTeacher(encoder, { corpus }, ranked) {
  const texts = [...new Set(ranked.flatMap(({ candidates }) => candidates))];
  const vectors = await encoder.embed(texts.map((at) => corpus[at]));
  const questions = await encoder.embed(ranked.map(({ query }) => query));
  const place = new Map(texts.map((at, row) => [at, row]));
  const row = (all, at) => all.subarray(at * encoder.hidden, (at + 1) * encoder.hidden);
  return ranked.map(({ candidates }, at) => {
    const question = row(questions, at);
    return candidates.map((document) =>
      row(vectors, place.get(document)).reduce((sum, value, i) => sum + value * question[i], 0),
    );
  });
}

function print({ name, queries, documents, systems, pairsPerSecond }) {
  console.log(`${name}: ${queries} queries, ${documents} documents, ${pairsPerSecond} pairs/s`);
  for (const [system, value] of Object.entries(systems)) {
    const { mean: ndcg, lower, upper } = value['ndcg@10'];
    const difference = value['difference to BM25'];
    const shown = `${ndcg.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;
    const better = `${difference.mean.toFixed(3)} [${difference.lower.toFixed(3)}, ${difference.upper.toFixed(3)}]`;
    console.log(
      `  ${system.padEnd(11)} NDCG@10 ${shown}  MRR@10 ${value['mrr@10'].toFixed(3)}  to BM25 ${better}`,
    );
  }
}
