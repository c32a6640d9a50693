/** Turns scored candidates into the rows each loss of the starter's training reads. */
import { SeededRandom, type TrainingExample } from '@learning-reranker/cross-encoder';

export interface CandidateRow {
  readonly query: string;
  /** The positive first. */
  readonly documents: readonly number[];
  readonly cosines: readonly number[];
  readonly kind: string;
}

export interface RowOptions {
  /** Added to the cosine of the document that a person wrote the query for. */
  readonly bonus: number;
  /** The cosine that is as good as not, and how steeply the logit follows it. */
  readonly middle: number;
  readonly slope: number;
  /** Documents of a query at most; the positive is always one. */
  readonly documents: number;
  readonly seed: number;
}

/** Pairs with the soft label sigmoid(slope * (cosine - middle)), for `BinaryCrossEntropyLoss`. */
export function softLabelledPairs(
  rows: readonly CandidateRow[],
  corpus: readonly string[],
  options: RowOptions,
): TrainingExample[] {
  return chosenCandidates(rows, corpus, options).flatMap(({ query, documents, logits }) =>
    documents.map((document, at) => ({
      query,
      documents: [document],
      labels: [1 / (1 + Math.exp(-(logits[at] ?? 0)))],
    })),
  );
}

/** Tuples with the teacher's logits, for `MarginMSELoss`. */
export function scoredTuples(
  rows: readonly CandidateRow[],
  corpus: readonly string[],
  options: RowOptions,
): TrainingExample[] {
  return chosenCandidates(rows, corpus, options)
    .filter(({ documents }) => documents.length === options.documents)
    .map(({ query, documents, logits }) => ({ query, documents, labels: logits }));
}

function chosenCandidates(
  rows: readonly CandidateRow[],
  corpus: readonly string[],
  { bonus, middle, slope, documents, seed }: RowOptions,
) {
  const random = new SeededRandom(seed);
  return rows.map((row) => {
    const others = row.documents.slice(1).map((_, at) => at + 1);
    const places = [0, ...random.shuffle(others).slice(0, documents - 1)];
    return {
      query: row.query,
      documents: places.map((at) => corpus[row.documents[at] as number] as string),
      logits: places.map(
        (at) => slope * ((row.cosines[at] as number) + (at === 0 ? bonus : 0) - middle),
      ),
    };
  });
}
