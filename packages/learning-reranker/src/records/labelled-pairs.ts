/** Training records as pairs of a query and a document, each with its label. */
import type { TrainingRecord } from './training-record.js';

export interface LabelledPair {
  readonly query: string;
  readonly document: string;
  /** 1 for the positive of a record, 0 for a negative. */
  readonly label: 0 | 1;
}

/** Each pair once, in the order of the records. Records of a query with several positives share negatives. */
export function* labelledPairs(records: Iterable<TrainingRecord>): Generator<LabelledPair> {
  const known = new Map<string, Set<string>>();
  for (const { query, positive, negatives } of records) {
    const documents = [positive, ...negatives];
    for (const [at, { text: document }] of documents.entries()) {
      const label = at === 0 ? 1 : 0;
      const key = `${label} ${query}`;
      const before = known.get(key) ?? new Set();
      if (before.has(document)) continue;
      known.set(key, before.add(document));
      yield { query, document, label };
    }
  }
}
