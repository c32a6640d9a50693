/** The one canonical record of training data; the view each loss needs is a projection of it. */
import { z } from 'zod';
import { cleanText } from './clean-text.js';

const text = z.string().overwrite(cleanText);

/** A text that says something: not empty, not only white space. */
const saidText = text.refine((value) => /\S/.test(value), { error: 'must not be empty' });

/** A path inside its repository; absolute paths carry names of people and machines. */
const relativePath = text.refine((path) => !isAbsolutePath(path), {
  error: 'must be relative to its repository',
});

/** A document of a record: its text, where it comes from, and why it is positive or negative. */
export const recordDocumentSchema = z.strictObject({
  text: saidText,
  /** Path relative to the repository; empty where the origin is unknown. */
  doc_path_rel: relativePath,
  /** Name of the repository or package; empty where the origin is unknown. */
  repo_slug: text,
  reason: text.exactOptional(),
});

/**
 * A query, the document that answers it and documents that do not. `teacher_scores` holds one
 * score for the positive and then one for each negative, in order.
 */
export const trainingRecordSchema = z
  .strictObject({
    schema_version: z.literal(2),
    query: saidText,
    positive: recordDocumentSchema,
    negatives: z.array(recordDocumentSchema),
    /** What the record was made from, e.g. `code`, `triplets`, `evaluation-dataset`. */
    source: z.string().min(1),
    source_event_id: text.exactOptional(),
    teacher_scores: z.array(z.number()).exactOptional(),
  })
  .refine(
    ({ teacher_scores, negatives }) =>
      teacher_scores === undefined || teacher_scores.length === negatives.length + 1,
    {
      error: 'must hold one score for the positive and one per negative',
      path: ['teacher_scores'],
    },
  );

/**
 * A document of the corpus: what BM25 indexes and evaluation reranks. `id` is unique within its
 * corpus and stays the same while the document's place does.
 */
export const corpusDocumentSchema = z.strictObject({
  id: z.string().min(1),
  text: saidText,
  doc_path_rel: relativePath,
  repo_slug: text,
});

export type RecordDocument = z.infer<typeof recordDocumentSchema>;
export type TrainingRecord = z.infer<typeof trainingRecordSchema>;
export type CorpusDocument = z.infer<typeof corpusDocumentSchema>;

/** A record of texts whose origin is unknown. */
export function recordOfTexts(
  source: string,
  [query, positive, ...negatives]: readonly [string, string, ...string[]],
): TrainingRecord {
  const documentOf = (text: string): RecordDocument => ({ text, doc_path_rel: '', repo_slug: '' });
  return {
    schema_version: 2,
    query,
    positive: documentOf(positive),
    negatives: negatives.map(documentOf),
    source,
  };
}

/** Whether a path names a place on one machine, in the manner of POSIX or of Windows. */
export function isAbsolutePath(path: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:[/\\]|file:)/.test(path);
}

/** The record with only those negatives that `keep` says, and the scores that a teacher gave them. */
export function keepNegatives(
  record: TrainingRecord,
  keep: (negative: RecordDocument) => boolean,
): TrainingRecord {
  const kept = record.negatives.map(keep);
  if (kept.every(Boolean)) return record;
  const scores = record.teacher_scores?.filter((_, index) => index === 0 || kept[index - 1]);
  return {
    ...record,
    negatives: record.negatives.filter((_, index) => kept[index]),
    ...(scores && { teacher_scores: scores }),
  };
}
