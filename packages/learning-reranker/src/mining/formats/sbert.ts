/** JSON Lines that SBERT's CrossEncoderTrainer takes as they are: `load_dataset('json', data_files=…)`. */
import { z } from 'zod';
import type { TrainingRecord } from '../../records/training-record.js';
import { FormatError } from './format-error.js';
import { linesOf, type TextPortions } from './lines.js';

/** `labelled-pairs` for BinaryCrossEntropyLoss and its kin, `tuples` for MultipleNegativesRankingLoss and its kin. */
export type SbertShape = 'labelled-pairs' | 'tuples';

const pair = z.strictObject({
  query: z.string().min(1),
  document: z.string().min(1),
  label: z.number(),
});

/** Columns come in the order the losses expect; all rows of a file have the same. */
export function* writeSbert(
  records: readonly TrainingRecord[],
  shape: SbertShape,
): Generator<string> {
  if (shape === 'labelled-pairs') {
    for (const { query, positive, negatives } of records) {
      yield line({ query, document: positive.text, label: 1 });
      for (const { text } of negatives) yield line({ query, document: text, label: 0 });
    }
    return;
  }
  // A column that some rows lack would be read as null: every row has as many negatives as the poorest that has any.
  const counts = records.map(({ negatives }) => negatives.length).filter((count) => count > 0);
  const columns = counts.reduce((fewest, count) => Math.min(fewest, count), counts[0] ?? 0);
  for (const { query, positive, negatives } of records) {
    if (negatives.length < columns) continue;
    const named = negatives
      .slice(0, columns)
      .map(({ text }, at) => [columns === 1 ? 'negative' : `negative_${at + 1}`, text] as const);
    yield line({ query, positive: positive.text, ...Object.fromEntries(named) });
  }
}

/** Rows of either shape as records; pairs of a query that follow each other make one. @throws {FormatError} */
export async function* readSbert(text: TextPortions): AsyncGenerator<TrainingRecord> {
  let pairs: z.output<typeof pair>[] = [];
  for await (const { line, text: row } of linesOf(text)) {
    const value = parsed(row, line);
    const labelled = pair.safeParse(value);
    if (labelled.success) {
      if (pairs.length > 0 && pairs[0]?.query !== labelled.data.query) {
        yield* recordsOfPairs(pairs);
        pairs = [];
      }
      pairs.push(labelled.data);
      continue;
    }
    yield* recordsOfPairs(pairs);
    pairs = [];
    yield recordOfTuple(value, line);
  }
  yield* recordsOfPairs(pairs);
}

/** Each document labelled above one half is a positive, with all others as its negatives. */
function* recordsOfPairs(pairs: readonly z.output<typeof pair>[]): Generator<TrainingRecord> {
  const negatives = pairs.filter(({ label }) => label <= 0.5).map(({ document }) => document);
  for (const { query, document, label } of pairs) {
    if (label > 0.5) yield recordOf(query, document, negatives);
  }
}

const tuple = z
  .object({ query: z.string().min(1), positive: z.string().min(1) })
  .catchall(z.string().min(1));

function recordOfTuple(value: unknown, line: number): TrainingRecord {
  const checked = tuple.safeParse(value);
  if (!checked.success) {
    throw new FormatError(
      'expected query, document and label, or query, positive and negatives',
      line,
    );
  }
  const { query, positive, ...others } = checked.data;
  const negatives = Object.entries(others).flatMap(([name, text]) =>
    name.startsWith('negative') ? text : [],
  );
  return recordOf(query, positive, negatives);
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

function parsed(row: string, line: number): unknown {
  try {
    return JSON.parse(row);
  } catch {
    throw new FormatError('is not valid JSON', line);
  }
}

function line(row: Record<string, unknown>): string {
  return `${JSON.stringify(row)}\n`;
}
