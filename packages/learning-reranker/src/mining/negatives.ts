/** Finds documents that do not answer a query: hard ones that BM25 takes for answers, and random ones. */
import { normalizeQuery } from '../records/clean-text.js';
import type { CorpusDocument, RecordDocument, TrainingRecord } from '../records/training-record.js';
import { Bm25Index } from './bm25.js';
import { codeTokens } from './code-tokens.js';
import { stableHash } from './stable-hash.js';

/** A query and a document that answers it. */
export interface AnsweredQuery {
  readonly query: string;
  readonly document: CorpusDocument;
}

/** Settings of {@link mineNegatives}; names as in SBERT's `mine_hard_negatives`. */
export interface NegativeOptions {
  /** Hard negatives per pair, the highest ranked that are no answers. Default 3. */
  readonly numNegatives?: number | undefined;
  /** Random negatives per pair. Default 1. They also stand in where hard ones are lacking. */
  readonly numRandomNegatives?: number | undefined;
  /** The first ranks to pass over, where most unknown answers are. Default 0. */
  readonly rangeMin?: number;
  /** The last rank to look at. Default 50. */
  readonly rangeMax?: number;
  /** A document that shares this much (Jaccard, over distinct terms) with an answer is one too. Default 0.8. */
  readonly nearDuplicateJaccard?: number;
  /** Decides on the random negatives. Default 42. */
  readonly seed?: number | undefined;
  /** An index of the corpus in its order, if there is one already. */
  readonly index?: Bm25Index;
}

/** A piece of a document is mostly made of the document's terms. */
const PART_OF_OVERLAP = 0.9;
/** Draws per random negative before a small corpus is taken to have no more. */
const DRAWS = 20;

/**
 * For each pair in turn its negatives, hard before random, each with the reason why it is one.
 * Never among them: any document that answers the same query (case and punctuation aside), a near
 * duplicate of an answer, or a document of the same file that contains an answer or is part of it.
 * A pair's negatives depend on the corpus and the seed, not on the other pairs' order.
 */
export function* mineNegatives(
  pairs: readonly AnsweredQuery[],
  corpus: readonly CorpusDocument[],
  options: NegativeOptions = {},
): Generator<RecordDocument[]> {
  const { numNegatives = 3, numRandomNegatives = 1, rangeMin = 0, rangeMax = 50 } = options;
  const { nearDuplicateJaccard = 0.8, seed = 42 } = options;
  const index = options.index ?? new Bm25Index(corpus.map(({ text }) => text));
  const answersOf = answersByQuery(pairs);
  for (const { query, document } of pairs) {
    const answers = answersOf.get(normalizeQuery(query)) ?? [];
    const chosen = new Set<number>();
    const negatives: RecordDocument[] = [];
    const take = (candidate: number, reason: string) => {
      const found = corpus[candidate];
      if (!found || chosen.has(candidate)) return;
      if (answers.some((answer) => answer.covers(found, nearDuplicateJaccard))) return;
      chosen.add(candidate);
      negatives.push({ ...asRecordDocument(found), reason });
    };
    if (numNegatives > 0) {
      for (const [at, hit] of index.search(query, rangeMax).entries()) {
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

/** Makes training records of pairs, in their order, with the negatives that {@link mineNegatives} finds. */
export function* recordsOfPairs(
  pairs: readonly AnsweredQuery[],
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

/** Records between two pauses. */
const PAUSE_EVERY = 64;

/** The same records as a list, made with pauses in which a signal is heard. */
export async function collectRecords(
  pairs: readonly AnsweredQuery[],
  corpus: readonly CorpusDocument[],
  {
    signal,
    onProgress = () => undefined,
    ...options
  }: Parameters<typeof recordsOfPairs>[2] & {
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number) => void;
  },
): Promise<TrainingRecord[]> {
  const records: TrainingRecord[] = [];
  for (const record of recordsOfPairs(pairs, corpus, options)) {
    records.push(record);
    if (records.length % PAUSE_EVERY !== 0) continue;
    onProgress(records.length);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  return records;
}

/** A document that answers a query, ready to be compared with candidates. */
class Answer {
  readonly #document: CorpusDocument;
  readonly #terms: ReadonlySet<string>;

  constructor(document: CorpusDocument) {
    this.#document = document;
    this.#terms = new Set(codeTokens(document.text));
  }

  /** Whether a candidate is this answer, nearly the same, its surroundings or a part of it. */
  covers(candidate: CorpusDocument, nearDuplicateJaccard: number): boolean {
    const { id, text, doc_path_rel, repo_slug } = this.#document;
    if (candidate.id === id || candidate.text === text) return true;
    const terms = new Set(codeTokens(candidate.text));
    let shared = 0;
    for (const term of terms) if (this.#terms.has(term)) shared++;
    const union = terms.size + this.#terms.size - shared;
    if (union === 0 || shared / union >= nearDuplicateJaccard) return true;
    const sameFile = candidate.doc_path_rel === doc_path_rel && candidate.repo_slug === repo_slug;
    return sameFile && shared / Math.min(terms.size, this.#terms.size) >= PART_OF_OVERLAP;
  }
}

function answersByQuery(pairs: readonly AnsweredQuery[]): Map<string, Answer[]> {
  const answers = new Map<string, Answer[]>();
  for (const { query, document } of pairs) {
    const key = normalizeQuery(query);
    const known = answers.get(key);
    if (known) known.push(new Answer(document));
    else answers.set(key, [new Answer(document)]);
  }
  return answers;
}

function asRecordDocument({ text, doc_path_rel, repo_slug }: CorpusDocument): RecordDocument {
  return { text, doc_path_rel, repo_slug };
}
