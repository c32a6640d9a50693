/** Candidate lists: for each query, the documents that BM25 finds in the whole corpus. */
import { createHash } from 'node:crypto';
import { Bm25Index } from '../mining/bm25.js';
import { stableHash } from '../mining/stable-hash.js';
import type { CorpusDocument } from '../records/training-record.js';

/** Candidates of a query. */
const DEPTH = 50;

export interface Candidate {
  readonly id: string;
  readonly text: string;
  /** BM25's score, unbounded. */
  readonly retrievalScore: number;
  /** How relevant it is; 0 when that is not known. */
  readonly grade: number;
}

export interface CandidateList {
  readonly query: string;
  /** BM25's order. */
  readonly candidates: readonly Candidate[];
  /** Grades of all relevant documents, including those BM25 did not find. */
  readonly relevantGrades: readonly number[];
}

export interface CandidateOptions {
  readonly depth?: number;
  /** Queries at most. They are chosen by hash, so that the choice stays the same as data grows. */
  readonly limit?: number | undefined;
}

export function candidateLists(
  samples: readonly {
    readonly query: string;
    readonly relevant: Readonly<Record<string, number>>;
  }[],
  corpus: readonly CorpusDocument[],
  { depth = DEPTH, limit }: CandidateOptions = {},
): CandidateList[] {
  const index = new Bm25Index(corpus.map(({ text }) => text));
  return limitByHash(samples, limit).map(({ query, relevant }) => {
    // A map, because a document's id can be the name of a property of every object, such as `constructor`.
    const grades = new Map(Object.entries(relevant));
    return {
      query,
      candidates: index.search(query, depth).map((hit) => {
        const { id, text } = corpus[hit.index] as CorpusDocument;
        return { id, text, retrievalScore: hit.score, grade: grades.get(id) ?? 0 };
      }),
      relevantGrades: [...grades.values()],
    };
  });
}

function limitByHash<Sample extends { readonly query: string }>(
  samples: readonly Sample[],
  limit: number | undefined,
): readonly Sample[] {
  if (limit === undefined || samples.length <= limit) return samples;
  return [...samples]
    .sort((a, b) => stableHash(a.query) - stableHash(b.query) || (a.query < b.query ? -1 : 1))
    .slice(0, limit);
}

/** Evaluations can be compared only when this hash is equal: they have exactly the same lists. */
export function evaluationHash(lists: readonly CandidateList[]): string {
  const hash = createHash('sha256');
  for (const { query, candidates, relevantGrades } of lists) {
    hash.update(
      JSON.stringify([
        query,
        candidates.map(({ id, text, grade }) => [id, text, grade]),
        relevantGrades,
      ]),
    );
  }
  return hash.digest('hex').slice(0, 16);
}
