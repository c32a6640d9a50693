/**
 * What a model is worth on the sets that decisions are made on; never on those that are reported.
 * `node dist/develop.js <data folder> <collections folder> <model folder>... [--teacher folder]`
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CrossEncoder, mean } from '@learning-reranker/cross-encoder';
import { beirSet, type EvaluationSet, rankByBm25, repositorySet } from './evaluation-sets.js';
import { blended, measure, probabilities } from './measure.js';
import { listPackages, unpackedFolders } from './packages.js';
import { Teacher } from './teacher.js';

const DEPTH = 50;
/** The product's default weight of the model in the blend. */
const ALPHA = 0.7;
const SHIFTS = [-3, -2, -1, 0, 1];

export async function developmentSets(data: string, collections: string): Promise<EvaluationSet[]> {
  const packages = await listPackages(fileURLToPath(new URL('../packages.json', import.meta.url)));
  const dev = packages.filter(({ use }) => use === 'dev');
  return [
    await beirSet(join(collections, 'conala'), 'conala', 'train', 80),
    await beirSet(join(collections, 'mbpp'), 'mbpp', 'train', 80),
    await beirSet(join(collections, 'cranfield'), 'cranfield', 'train', 20),
    ...(await Promise.all(
      dev.map(async (one) => repositorySet(await unpackedFolders(one, data), 30)),
    )),
  ];
}

/** NDCG@10 of each set, by system. */
export async function develop(
  sets: readonly EvaluationSet[],
  score: (query: string, documents: readonly string[]) => Promise<ArrayLike<number>>,
): Promise<Record<string, Developed>> {
  const results: Record<string, Developed> = {};
  for (const set of sets) {
    const ranked = rankByBm25(set, DEPTH);
    const scores: ArrayLike<number>[] = [];
    for (const { query, candidates } of ranked) {
      scores.push(
        await score(
          query,
          candidates.map((at) => set.corpus[at] as string),
        ),
      );
    }
    const firstStage = ranked.map(({ bm25 }) => bm25);
    const alone = measure(ranked, scores);
    results[set.name] = {
      bm25: mean(measure(ranked, firstStage).ndcg),
      alone: mean(alone.ndcg),
      blends: SHIFTS.map((shift) =>
        mean(measure(ranked, blended(probabilities(scores, shift), firstStage, ALPHA)).ndcg),
      ),
      mrr: mean(alone.mrr),
    };
  }
  return results;
}

interface Developed {
  readonly bm25: number;
  readonly alone: number;
  readonly mrr: number;
  /** The blend for each of `SHIFTS` of the logit. */
  readonly blends: readonly number[];
}

function print(name: string, results: Awaited<ReturnType<typeof develop>>): void {
  console.log(
    `${name}: NDCG@10 of BM25 and of the model, its MRR@10, blends at logits moved by ${SHIFTS}`,
  );
  for (const [set, { bm25, alone, blends, mrr }] of Object.entries(results)) {
    const shown = [bm25, alone, mrr, ...blends].map((value) => value.toFixed(3)).join('  ');
    console.log(`  ${set.padEnd(18)} ${shown}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , data = '', collections = '', ...models] = process.argv;
  const sets = await developmentSets(data, collections);
  for (const folder of models) {
    if (folder.startsWith('--teacher=')) {
      const teacher = await Teacher.load(folder.slice('--teacher='.length));
      const known = new Map<string, Float32Array>();
      for (const { corpus, queries } of sets) {
        const texts = [...corpus, ...queries.map(({ query }) => query)];
        const vectors = await teacher.embed(texts);
        texts.forEach((text, at) => {
          known.set(text, vectors.subarray(at * teacher.hidden, (at + 1) * teacher.hidden));
        });
      }
      const cosine = (a: string, b: string) =>
        (known.get(a) as Float32Array).reduce(
          (sum, value, at) => sum + value * ((known.get(b) as Float32Array)[at] as number),
          0,
        );
      print(
        folder,
        await develop(sets, async (query, texts) => texts.map((text) => cosine(query, text))),
      );
    } else {
      const model = await CrossEncoder.load(folder, { threads: 2 });
      const score = (query: string, texts: readonly string[]) =>
        model.logits(
          texts.map((text) => [query, text] as const),
          { batchSize: 25 },
        );
      print(folder, await develop(sets, score));
      await model.release();
    }
  }
}
