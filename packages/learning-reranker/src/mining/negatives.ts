/** Finds negatives for queries: hard ones, which BM25 ranks high, and random ones. */
import { normalizeQuery } from '../records/clean-text.js';
import type { CorpusDocument, RecordDocument, TrainingRecord } from '../records/training-record.js';
import { Bm25Index } from './bm25.js';
import { codeTokens } from './code-tokens.js';
import { stableHash } from './stable-hash.js';

/** A query and a relevant document. */
export interface RelevantPair {
  readonly query: string;
  readonly document: CorpusDocument;
}

/** Settings of {@link mineNegatives}; names as in SBERT's `mine_hard_negatives`. */
export interface NegativeOptions {
  /** Hard negatives for each pair: the highest ranked documents that are not relevant. Default 3. */
  readonly numNegatives?: number | undefined;
  /** Random negatives for each pair. Default 1. They also replace missing hard negatives. */
  readonly numRandomNegatives?: number | undefined;
  /** How many ranks to skip, because most unknown relevant documents are at the top. Default 0. */
  readonly rangeMin?: number;
  /** Chooses the random negatives. Default 42. */
  readonly seed?: number | undefined;
  /** An index of the corpus in the same order. Made here when absent. */
  readonly index?: Bm25Index;
}

/** The last rank of BM25 to look at. */
const LAST_RANK = 50;
/** A document with this Jaccard similarity (distinct terms) to a relevant one counts as relevant. */
const NEAR_DUPLICATE = 0.8;
/** A document that shares so many of its terms with another one of the file is a part of it. */
const PART_OF_OVERLAP = 0.9;
/** Draws for each random negative, after which a small corpus has no more. */
const DRAWS = 20;

/**
 * The negatives of each pair, hard before random, each with its reason. They never include a relevant
 * document of the same query (case and punctuation do not count), a near duplicate of one, or a
 * document of the same file that contains one or is part of it. The negatives of a pair depend on the
 * corpus and the seed, not on the order of the pairs.
 */
export function* mineNegatives(
  pairs: readonly RelevantPair[],
  corpus: readonly CorpusDocument[],
  options: NegativeOptions = {},
): Generator<RecordDocument[]> {
  const { numNegatives = 3, numRandomNegatives = 1, rangeMin = 0, seed = 42 } = options;
  const index = options.index ?? new Bm25Index(corpus.map(({ text }) => text));
  const relevantOf = relevantByQuery(pairs);
  for (const { query, document } of pairs) {
    const relevant = relevantOf.get(normalizeQuery(query)) ?? [];
    const chosen = new Set<number>();
    const negatives: RecordDocument[] = [];
    const take = (candidate: number, reason: string) => {
      const found = corpus[candidate];
      if (!found || chosen.has(candidate)) return;
      if (relevant.some((one) => one.covers(found))) return;
      chosen.add(candidate);
      negatives.push({ ...asRecordDocument(found), reason });
    };
    if (numNegatives > 0) {
      for (const [at, hit] of index.search(query, LAST_RANK).entries()) {
        if (at < rangeMin) continue;
        take(hit.index, `BM25 rank ${at + 1} for this query, score ${hit.score.toFixed(1)}`);
        if (negatives.length >= numNegatives) break;
      }
    }
    const wanted = numNegatives + numRandomNegatives;
    for (let draw = 0; draw < wanted * DRAWS && negatives.length < wanted; draw++) {
      const key = `${seed}\n${draw}\n${document.id}\n${query}`;
      take(stableHash(key) % Math.max(corpus.length, 1), 'random document of the corpus');
    }
    yield negatives;
  }
}

/** Makes training records of pairs, in their order, with the negatives of {@link mineNegatives}. */
export function* recordsOfPairs(
  pairs: readonly RelevantPair[],
  corpus: readonly CorpusDocument[],
  options: NegativeOptions & { readonly source: string; readonly positiveReason: string },
): Generator<TrainingRecord> {
  const negatives = mineNegatives(pairs, corpus, options);
  for (const { query, document } of pairs) {
    yield {
      schema_version: 2,
      query,
      positive: { ...asRecordDocument(document), reason: options.positiveReason },
      negatives: negatives.next().value ?? [],
      source: options.source,
    };
  }
}

/** Records made between two pauses for other work of the process. */
const PAUSE_EVERY = 64;

/** The records as a list. Pauses let other work of the process run and check the signal. */
export async function collectRecords(
  pairs: readonly RelevantPair[],
  corpus: readonly CorpusDocument[],
  {
    signal,
    onProgress = () => undefined,
    ...options
  }: Parameters<typeof recordsOfPairs>[2] & {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: (done: number) => void;
  },
): Promise<TrainingRecord[]> {
  const records: TrainingRecord[] = [];
  if (pairs.length === 0) return records;
  for (const record of recordsOfPairs(pairs, corpus, options)) {
    records.push(record);
    if (records.length % PAUSE_EVERY !== 0) continue;
    onProgress(records.length);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  return records;
}

/** A relevant document, prepared for comparison with candidates. */
class RelevantDocument {
  readonly #document: CorpusDocument;
  readonly #terms: ReadonlySet<string>;

  constructor(document: CorpusDocument) {
    this.#document = document;
    this.#terms = new Set(codeTokens(document.text));
  }

  /** Whether a candidate is this document, nearly the same, contains it or is a part of it. */
  covers(candidate: CorpusDocument): boolean {
    const { id, text, doc_path_rel, repo_slug } = this.#document;
    if (candidate.id === id || candidate.text === text) return true;
    const terms = new Set(codeTokens(candidate.text));
    let shared = 0;
    for (const term of terms) if (this.#terms.has(term)) shared++;
    const union = terms.size + this.#terms.size - shared;
    if (union === 0 || shared / union >= NEAR_DUPLICATE) return true;
    const sameFile = candidate.doc_path_rel === doc_path_rel && candidate.repo_slug === repo_slug;
    return sameFile && shared / Math.min(terms.size, this.#terms.size) >= PART_OF_OVERLAP;
  }
}

function relevantByQuery(pairs: readonly RelevantPair[]): Map<string, RelevantDocument[]> {
  const relevant = new Map<string, RelevantDocument[]>();
  for (const { query, document } of pairs) {
    const key = normalizeQuery(query);
    const known = relevant.get(key);
    if (known) known.push(new RelevantDocument(document));
    else relevant.set(key, [new RelevantDocument(document)]);
  }
  return relevant;
}

function asRecordDocument({ text, doc_path_rel, repo_slug }: CorpusDocument): RecordDocument {
  return { text, doc_path_rel, repo_slug };
}
