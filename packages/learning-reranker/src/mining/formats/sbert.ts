/** JSON Lines that SBERT's CrossEncoderTrainer takes as they are: `load_dataset('json', data_files=…)`. */
import { z } from 'zod';
import { cleanJson } from '../../records/clean-text.js';
import { labelledPairs } from '../../records/labelled-pairs.js';
import type { TrainingRecord } from '../../records/training-record.js';
import { FormatError } from './format-error.js';
import { type ReadOptions, type ReadRow, rowsOfLines, type TextPortions } from './lines.js';

/**
 * `labelled-pairs` for BinaryCrossEntropyLoss and its kin, `tuples` for MultipleNegativesRankingLoss and
 * its kin, `scored-tuples`, which end with a teacher's score of each document, for MarginMSELoss.
 */
export type SbertShape = 'labelled-pairs' | 'tuples' | 'scored-tuples';

/** Columns come in the order the losses expect; all rows of a file have the same. */
export function* writeSbert(
  records: readonly TrainingRecord[],
  shape: SbertShape,
): Generator<string> {
  if (shape === 'labelled-pairs') {
    for (const { query, document, label } of labelledPairs(records)) {
      yield line({ query, document, label });
    }
    return;
  }
  const isScored = shape === 'scored-tuples';
  const able = isScored
    ? records.filter(({ negatives, teacher_scores }) => teacher_scores && negatives.length > 0)
    : records;
  // A column that some rows lack would be read as null: every row has as many negatives as the poorest that has any.
  const counts = able.map(({ negatives }) => negatives.length).filter((count) => count > 0);
  const columns = counts.reduce((fewest, count) => Math.min(fewest, count), counts[0] ?? 0);
  for (const { query, positive, negatives, teacher_scores: scores = [] } of able) {
    if (negatives.length < columns) continue;
    const named = negatives
      .slice(0, columns)
      .map(({ text }, at) => [columns === 1 ? 'negative' : `negative_${at + 1}`, text] as const);
    yield line({
      query,
      positive: positive.text,
      ...Object.fromEntries(named),
      ...(isScored && { scores: scores.slice(0, columns + 1) }),
    });
  }
}

/**
 * Rows of any shape as records; pairs of a query that follow each other make one. As in SBERT the order
 * of the columns tells what they are: the query, then documents; `label`, `labels`, `score` or `scores`
 * stands where it will. @throws {FormatError} unless told otherwise
 */
export async function* readSbert(
  text: TextPortions,
  options?: ReadOptions,
): AsyncGenerator<ReadRow<TrainingRecord>> {
  let pairs: Pair[] = [];
  let began = 0;
  const ofPairs = function* () {
    for (const value of recordsOfPairs(pairs)) yield { line: began, value };
    pairs = [];
  };
  for await (const { line, value } of rowsOfLines(text, parsedRow, options)) {
    if ('schema_version' in value) {
      yield* ofPairs();
      yield { line, value };
      continue;
    }
    if (pairs[0]?.query !== value.query) {
      yield* ofPairs();
      began = line;
    }
    pairs.push(value);
  }
  yield* ofPairs();
}

/** A row of a file, whose label is what its writer gave. */
interface Pair {
  readonly query: string;
  readonly document: string;
  readonly label: number;
}

/** Each document labelled above one half is a positive, with all others as its negatives. */
function* recordsOfPairs(pairs: readonly Pair[]): Generator<TrainingRecord> {
  const negatives = pairs.filter(({ label }) => label <= 0.5).map(({ document }) => document);
  for (const { query, document, label } of pairs) {
    if (label > 0.5) yield recordOf(query, document, negatives);
  }
}

const LABELS = ['label', 'labels', 'score', 'scores'] as const;
/** The column that comes first, whatever the order: a query that stands second would be learned as a document. */
const FIRST = ['query', 'anchor'];

const textsSchema = z.array(z.string().regex(/\S/)).min(2);
const labelSchema = z.union([z.number(), z.array(z.number())]).optional();

function parsedRow(row: string, line: number): Pair | TrainingRecord {
  const columns = parsed(row, line);
  const labelName = LABELS.find((name) => name in columns);
  const inputs = Object.entries(columns).filter(([name]) => name !== labelName);
  const first = inputs.findIndex(([name]) => FIRST.includes(name));
  if (first > 0) inputs.unshift(...inputs.splice(first, 1));
  const texts = textsSchema.safeParse(inputs.map(([, text]) => text));
  const label = labelSchema.safeParse(labelName && columns[labelName]);
  if (texts.success && label.success) {
    const [query = '', document = '', ...negatives] = texts.data;
    if (label.data === undefined) return recordOf(query, document, negatives);
    if (typeof label.data === 'number' && negatives.length === 0) {
      return { query, document, label: label.data };
    }
    if (Array.isArray(label.data) && label.data.length === negatives.length + 1) {
      return { ...recordOf(query, document, negatives), teacher_scores: label.data };
    }
  }
  throw new FormatError(
    'expected query, document and label; or query, positive and negatives; or the same and scores, one a document',
    line,
  );
}

function recordOf(query: string, positive: string, negatives: readonly string[]): TrainingRecord {
  const place = { doc_path_rel: '', repo_slug: '' };
  return {
    schema_version: 2,
    query,
    positive: { text: positive, ...place },
    negatives: negatives.map((text) => ({ text, ...place })),
    source: 'sbert',
  };
}

function parsed(row: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = cleanJson(JSON.parse(row));
  } catch {
    throw new FormatError('is not valid JSON', line);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new FormatError('is no JSON object', line);
}

function line(row: Record<string, unknown>): string {
  return `${JSON.stringify(row)}\n`;
}
