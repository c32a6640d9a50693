/** JSON Lines that SBERT's CrossEncoderTrainer reads unchanged: `load_dataset('json', data_files=…)`. */
import { labelledPairs } from '../records/labelled-pairs.js';
import { recordOfTexts, type TrainingRecord } from '../records/training-record.js';
import type { ExportForm, RecordFormat } from './format.js';
import {
  FormatError,
  jsonObject,
  type ReadOptions,
  type ReadRow,
  rowsOfLines,
  type TextPortions,
  textOfFile,
} from './lines.js';

export const sbert: RecordFormat = {
  name: 'sbert',
  description: 'JSON Lines for SBERT: labeled pairs, tuples, scored tuples',
  carries: 'records',
  read: (path, options) => readSbert(textOfFile(path), options),
  exports: [
    exportOf('sbert-pairs', 'labelled-pairs', 'rows of query, document and label'),
    exportOf('sbert-tuples', 'tuples', 'rows of query, positive and negatives'),
    exportOf(
      'sbert-scored-tuples',
      'scored-tuples',
      'rows of query, positive, negatives and scores, from records with teacher scores',
    ),
  ],
};

function exportOf(name: string, shape: SbertShape, rows: string): ExportForm {
  return {
    name,
    description: `training records as ${rows} (SBERT)`,
    contentType: 'application/x-ndjson',
    of: 'records',
    write: async (source) => writeSbert(await source.records(), shape),
  };
}

/**
 * `labelled-pairs` for BinaryCrossEntropyLoss and similar losses; `tuples` for MultipleNegativesRankingLoss and
 * similar losses; `scored-tuples`, which end with a teacher's score of each document, for MarginMSELoss.
 */
export type SbertShape = 'labelled-pairs' | 'tuples' | 'scored-tuples';

/** Columns have the order that the losses expect. All rows of a file have the same columns. */
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
  // A missing column would be read as null, so every row gets the smallest number of negatives above zero.
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
 * Rows of any shape as records. Successive pairs of one query are read together. As in SBERT, columns are known
 * by their order: the query, then documents; `label`, `labels`, `score` or `scores` may be at any place.
 * @throws {FormatError} at the first malformed row, unless `onMalformed` is given
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

/** A labeled pair, as a row of a file has it. */
interface Pair {
  readonly query: string;
  readonly document: string;
  readonly label: number;
}

/** Each document with a label above 0.5 is the positive of a record. The other documents are its negatives. */
function* recordsOfPairs(pairs: readonly Pair[]): Generator<TrainingRecord> {
  const negatives = pairs.filter(({ label }) => label <= 0.5).map(({ document }) => document);
  for (const { query, document, label } of pairs) {
    if (label > 0.5) yield recordOfTexts('sbert', [query, document, ...negatives]);
  }
}

const LABELS = ['label', 'labels', 'score', 'scores'] as const;
/** A column of this name is the query, even if it is not the first: it must not be learned as a document. */
const FIRST = ['query', 'anchor'];

function parsedRow(row: string, line: number): Pair | TrainingRecord {
  const columns = jsonObject(row, line);
  const labelName = LABELS.find((name) => name in columns);
  const inputs = Object.entries(columns).filter(([name]) => name !== labelName);
  const first = inputs.findIndex(([name]) => FIRST.includes(name));
  if (first > 0) inputs.unshift(...inputs.splice(first, 1));
  const texts = inputs.map(([, text]) => text);
  const label = labelName && columns[labelName];
  if (texts.length >= 2 && texts.every(isFilled)) {
    const [query = '', document = '', ...negatives] = texts;
    const record = recordOfTexts('sbert', [query, document, ...negatives]);
    if (label === undefined) return record;
    if (isScore(label) && negatives.length === 0) return { query, document, label };
    if (Array.isArray(label) && label.every(isScore) && label.length === negatives.length + 1) {
      return { ...record, teacher_scores: label };
    }
  }
  throw new FormatError(
    'expected query, document and label; or query, positive and negatives; or these and one score for each document',
    line,
  );
}

function isFilled(text: unknown): text is string {
  return typeof text === 'string' && /\S/.test(text);
}

function isScore(value: unknown): value is number {
  return Number.isFinite(value);
}

function line(row: Record<string, unknown>): string {
  return `${JSON.stringify(row)}\n`;
}
