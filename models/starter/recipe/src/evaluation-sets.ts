/** Queries with judged documents: public test collections and repositories nobody trained on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SeededRandom } from '@learning-reranker/cross-encoder';
import { Bm25Index, mineCode, normalizeQuery } from 'learning-reranker/internals';
import type { UnpackedPackage } from './build-pairs.js';

export interface JudgedQuery {
  readonly query: string;
  /** Grade of each relevant document, by its place in the corpus. */
  readonly relevant: ReadonlyMap<number, number>;
}

export interface EvaluationSet {
  readonly name: string;
  readonly corpus: readonly string[];
  readonly queries: readonly JudgedQuery[];
}

/** A query with the first stage's documents, best first. */
export interface RankedQuery extends JudgedQuery {
  readonly candidates: readonly number[];
  readonly bm25: readonly number[];
}

/** A folder in BEIR's format: corpus.jsonl, queries.jsonl, qrels/<split>.tsv. */
export async function beirSet(
  folder: string,
  name: string,
  split: string,
  most = Number.POSITIVE_INFINITY,
): Promise<EvaluationSet> {
  const rows = async (file: string) =>
    (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n');
  const documents = (await rows('corpus.jsonl')).map((line) => JSON.parse(line));
  const places = new Map<string, number>(documents.map((document, at) => [document._id, at]));
  const questions = new Map<string, string>();
  for (const line of await rows('queries.jsonl')) {
    const { _id, text } = JSON.parse(line);
    questions.set(_id, text);
  }
  const judged = new Map<string, Map<number, number>>();
  for (const line of (await rows(`qrels/${split}.tsv`)).slice(1)) {
    const [query = '', document = '', score = ''] = line.split('\t');
    const relevant = judged.get(query) ?? new Map<number, number>();
    const place = places.get(document);
    if (place !== undefined && Number(score) > 0) relevant.set(place, Number(score));
    judged.set(query, relevant);
  }
  const queries = [...judged].map(([id, relevant]) => ({
    query: questions.get(id) ?? '',
    relevant,
  }));
  return {
    name: `${name} ${split}`,
    corpus: documents.map(({ title, text }) => (title === '' ? text : `${title}\n${text}`)),
    queries: sample(queries, most),
  };
}

/** A repository: documentation asks, declarations without it answer. */
export async function repositorySet(one: UnpackedPackage, most: number): Promise<EvaluationSet> {
  const { pairs, corpus } = await mineCode(one.folders, { maximumFileBytes: 600_000 });
  const places = new Map(corpus.map(({ id }, at) => [id, at]));
  const judged = new Map<string, { query: string; relevant: Map<number, number> }>();
  for (const { query, document } of pairs) {
    const key = normalizeQuery(query);
    const known = judged.get(key) ?? { query, relevant: new Map() };
    known.relevant.set(places.get(document.id) as number, 1);
    judged.set(key, known);
  }
  return {
    name: one.name,
    corpus: corpus.map(({ text }) => text),
    queries: sample([...judged.values()], most),
  };
}

function sample<T>(values: T[], most: number): T[] {
  return new SeededRandom(5).shuffle(values).slice(0, most);
}

/** The first stage: code-aware BM25, as many documents as asked for. */
export function rankByBm25({ corpus, queries }: EvaluationSet, depth: number): RankedQuery[] {
  const index = new Bm25Index(corpus);
  return queries.map((judged) => {
    const hits = index.search(judged.query, depth);
    return {
      ...judged,
      candidates: hits.map((hit) => hit.index),
      bm25: hits.map(({ score }) => score),
    };
  });
}
