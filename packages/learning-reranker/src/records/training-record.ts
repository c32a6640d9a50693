/** The training record. Each loss gets its rows as a projection of these records. */
import { z } from 'zod';
import { cleanText } from './clean-text.js';

const text = z.string().overwrite(cleanText);

/** Not empty, and not only white space. */
const filledText = text.refine((value) => /\S/.test(value), { error: 'must not be empty' });

/** A path inside its repository. Absolute paths may contain names of people and machines. */
const relativePath = text.refine((path) => !isAbsolutePath(path), {
  error: 'must be relative to its repository',
});

/** A document of a record: its text, its origin, and why it is positive or negative. */
export const recordDocumentSchema = z.strictObject({
  text: filledText,
  /** Path relative to the repository; empty if unknown. */
  doc_path_rel: relativePath,
  /** Name of the repository or package; empty if unknown. */
  repo_slug: text,
  reason: text.exactOptional(),
});

/**
 * A query, a relevant document and hard negatives. `teacher_scores` has one score for the positive, then one for each
 * negative in order.
 */
export const trainingRecordSchema = z
  .strictObject({
    schema_version: z.literal(2),
    query: filledText,
    positive: recordDocumentSchema,
    negatives: z.array(recordDocumentSchema),
    /** The mining source, such as `code`, `triplets` or `evaluation-dataset`. */
    source: z.string().min(1),
    source_event_id: text.exactOptional(),
    teacher_scores: z.array(z.number()).exactOptional(),
  })
  .refine(
    ({ teacher_scores, negatives }) =>
      teacher_scores === undefined || teacher_scores.length === negatives.length + 1,
    {
      error: 'must have one score for the positive and one for each negative',
      path: ['teacher_scores'],
    },
  );

/**
 * A document of the corpus, which BM25 indexes and evaluations rerank. `id` is unique in its corpus and stays the
 * same as long as the document is at the same place.
 */
export const corpusDocumentSchema = z.strictObject({
  id: z.string().min(1),
  text: filledText,
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

/** Whether a path is absolute on POSIX or Windows. */
export function isAbsolutePath(path: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:[/\\]|file:)/.test(path);
}

/** The record with the negatives that `keep` accepts, and their teacher scores. */
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
