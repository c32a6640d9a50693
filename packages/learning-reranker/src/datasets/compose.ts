/** Computes the content of a dataset from training records, corpus and evaluation samples. */
import { distinctDocuments } from '../mining/corpus.js';
import { stableHash } from '../mining/stable-hash.js';
import { normalizeQuery } from '../records/clean-text.js';
import {
  type CorpusDocument,
  keepNegatives,
  type RecordDocument,
  type TrainingRecord,
} from '../records/training-record.js';
import {
  assignSplits,
  DEFAULT_SHARES,
  type Split,
  type SplitAssignments,
  type SplitShares,
  splitOfHash,
} from './split.js';

/** A query with the grades of its relevant documents. */
export interface EvaluationSample {
  readonly query: string;
  /** Grades by corpus id; 1 for a document without a grade. */
  readonly relevant: Readonly<Record<string, number>>;
  readonly split: 'dev' | 'test';
}

export interface SnapshotInput {
  readonly records: readonly TrainingRecord[];
  readonly corpus: readonly CorpusDocument[];
  /** Samples of an evaluation dataset. They are never trained on; a hash puts them into dev or test. */
  readonly samples?: readonly Pick<EvaluationSample, 'query' | 'relevant'>[];
  /** The splits of an earlier dataset, which do not change. */
  readonly previous?: SplitAssignments;
  readonly shares?: SplitShares;
}

/** Reasons to drop records and negatives. Manifests of datasets contain these names. */
const dropReasons = [
  'duplicate records',
  'records near to queries of two splits',
  'negatives that answer the same query',
  'negatives that answer a held-out query',
  'negatives given twice',
] as const;

/** The number of dropped records and negatives by reason. */
export type DroppedCounts = Record<(typeof dropReasons)[number], number>;

export interface SnapshotContent {
  /** The records to train on, in canonical order. */
  readonly train: readonly TrainingRecord[];
  readonly corpus: readonly CorpusDocument[];
  readonly evaluation: readonly EvaluationSample[];
  readonly splits: SplitAssignments;
  readonly dropped: DroppedCounts;
}

/** The order of the input does not change the result. */
export function composeSnapshot(input: SnapshotInput): SnapshotContent {
  const dropped = Object.fromEntries(dropReasons.map((name) => [name, 0])) as DroppedCounts;
  const records = distinctRecords(input.records, dropped);
  const samples = [...(input.samples ?? [])].sort(byQuery);
  const { assignments, bridging } = assignSplits(
    records.map((record) => record.query),
    withHeldOut(samples, input.previous),
    (hash) => splitOfHash(hash, input.shares ?? DEFAULT_SHARES),
  );
  const splitOf = (query: string): Split | undefined => assignments.get(normalizeQuery(query));
  const usable = records.filter((record) => {
    const bridges = bridging.has(normalizeQuery(record.query));
    if (bridges) dropped['records near to queries of two splits']++;
    return !bridges;
  });

  const { documents, idOfText, standsFor } = completeCorpus(input.corpus, usable);
  const named = samples.map(({ query, relevant }) => ({
    query,
    relevant: Object.entries(relevant).map(
      ([id, grade]) => [standsFor.get(id) ?? id, grade] as const,
    ),
  }));
  const evaluation = evaluationSamples(usable, named, splitOf, idOfText, documents);
  const train = cleanNegatives(
    usable.filter((record) => splitOf(record.query) === 'train'),
    heldOutTexts(evaluation, documents),
    dropped,
  );
  return { train, corpus: documents, evaluation, splits: assignments, dropped };
}

/** Holds out all queries of an evaluation dataset. A query near to queries of both dev and test gets no split. */
function withHeldOut(
  samples: readonly { readonly query: string }[],
  previous: SplitAssignments = new Map(),
): SplitAssignments {
  const heldOut = new Map([...previous].filter(([, split]) => split !== 'train'));
  const { assignments, bridging } = assignSplits(
    samples.map(({ query }) => query),
    heldOut,
    // Uses the parity, since samples of a large dataset may have been chosen by the hash's size.
    (hash) => (hash % 2 === 0 ? 'test' : 'dev'),
  );
  const splits = new Map([...previous, ...assignments]);
  for (const key of bridging) splits.delete(key);
  return splits;
}

const byQuery = (a: { readonly query: string }, b: { readonly query: string }) =>
  a.query < b.query ? -1 : a.query > b.query ? 1 : 0;

/** Of the records with the same query and positive, keeps the one with the most information. */
function distinctRecords(
  records: readonly TrainingRecord[],
  dropped: DroppedCounts,
): TrainingRecord[] {
  const byKey = new Map<string, TrainingRecord>();
  const inOrder = records.map((record) => [JSON.stringify(record), record] as const);
  inOrder.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [, record] of inOrder) {
    const key = `${normalizeQuery(record.query)}\n${spaceless(record.positive.text)}`;
    const known = byKey.get(key);
    if (known) dropped['duplicate records']++;
    if (!known || hasMoreNegatives(record, known)) byKey.set(key, record);
  }
  return [...byKey.values()];
}

/** Compares the negatives with teacher scores, which cost the most, then all negatives. */
function hasMoreNegatives(a: TrainingRecord, b: TrainingRecord): boolean {
  const scored = ({ negatives, teacher_scores }: TrainingRecord) =>
    teacher_scores ? negatives.length : 0;
  return (scored(a) - scored(b) || a.negatives.length - b.negatives.length) > 0;
}

/** Adds missing positives to the corpus. Also returns the id of each text. */
function completeCorpus(corpus: readonly CorpusDocument[], records: readonly TrainingRecord[]) {
  const sorted = [...corpus].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const { documents, standsFor } = distinctDocuments(sorted);
  const idOfText = new Map(documents.map(({ id, text }) => [spaceless(text), id]));
  for (const { positive } of records) {
    const key = spaceless(positive.text);
    if (idOfText.has(key)) continue;
    const { text, doc_path_rel, repo_slug } = positive;
    const id = `positive-${stableHash(key).toString(16)}-${documents.length}`;
    idOfText.set(key, id);
    documents.push({ id, text, doc_path_rel, repo_slug });
  }
  return { documents, idOfText, standsFor };
}

function evaluationSamples(
  records: readonly TrainingRecord[],
  samples: readonly {
    readonly query: string;
    readonly relevant: readonly (readonly [id: string, grade: number])[];
  }[],
  splitOf: (query: string) => Split | undefined,
  idOfText: ReadonlyMap<string, string>,
  corpus: readonly CorpusDocument[],
): EvaluationSample[] {
  const found = new Map<
    string,
    { query: string; relevant: Map<string, number>; split: 'dev' | 'test' }
  >();
  const ids = new Set(corpus.map(({ id }) => id));
  const add = (query: string, id: string | undefined, grade: number) => {
    const split = splitOf(query);
    if (id === undefined || !ids.has(id) || (split !== 'dev' && split !== 'test')) return;
    const key = normalizeQuery(query);
    const sample = found.get(key) ?? { query, relevant: new Map(), split };
    sample.relevant.set(id, Math.max(grade, sample.relevant.get(id) ?? 0));
    found.set(key, sample);
  };
  for (const { query, positive } of records) add(query, idOfText.get(spaceless(positive.text)), 1);
  for (const { query, relevant } of samples) {
    for (const [id, grade] of relevant) add(query, id, grade);
  }
  return [...found.values()].sort(byQuery).map(({ query, relevant, split }) => ({
    query,
    relevant: Object.fromEntries([...relevant].sort(([a], [b]) => (a < b ? -1 : 1))),
    split,
  }));
}

function heldOutTexts(
  evaluation: readonly EvaluationSample[],
  corpus: readonly CorpusDocument[],
): Set<string> {
  const held = new Set(evaluation.flatMap(({ relevant }) => Object.keys(relevant)));
  return new Set(corpus.filter(({ id }) => held.has(id)).map(({ text }) => spaceless(text)));
}

/** Drops negatives that are relevant to their own query or to a held-out query, and repeated ones. */
function cleanNegatives(
  records: readonly TrainingRecord[],
  heldOut: ReadonlySet<string>,
  dropped: DroppedCounts,
): TrainingRecord[] {
  const positives = new Map<string, Set<string>>();
  for (const { query, positive } of records) {
    const key = normalizeQuery(query);
    positives.set(key, (positives.get(key) ?? new Set()).add(spaceless(positive.text)));
  }
  return records.map((record) => {
    const own = positives.get(normalizeQuery(record.query));
    const seen = new Set<string>();
    const keep = ({ text }: RecordDocument) => {
      const key = spaceless(text);
      if (own?.has(key)) dropped['negatives that answer the same query']++;
      else if (heldOut.has(key)) dropped['negatives that answer a held-out query']++;
      else if (seen.has(key)) dropped['negatives given twice']++;
      else {
        seen.add(key);
        return true;
      }
      return false;
    };
    return keepNegatives(record, keep);
  });
}

function spaceless(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
