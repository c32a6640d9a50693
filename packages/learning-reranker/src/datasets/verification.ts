/** Checks before a training whether a dataset fits a loss. */
import {
  type DataShape,
  dataShapes,
  type LossDescription,
  lossDescriptions,
  type TrainingExample,
} from '@learning-reranker/cross-encoder';
import { normalizeQuery } from '../records/clean-text.js';
import type { TrainingRecord } from '../records/training-record.js';
import { type Fit, projectRecords, shapeViews } from './shapes.js';

export interface VerificationOptions {
  readonly maxLength: number;
  readonly batchSize: number;
  /** The number of tokens of a text, without special tokens. */
  readonly tokenCount: (text: string) => number;
}

export interface VerificationReport extends Fit {
  readonly loss: string;
  /** Positives of several queries. A loss with in-batch negatives may use them as negatives. */
  readonly repeatedPositives: number;
  /** Texts that are both positive and negative for a query. */
  readonly conflicts: number;
  readonly duplicates: number;
  readonly tokens: { readonly median: number; readonly p95: number; readonly longest: number };
  /** The share of pairs that do not fit into the maximum length. */
  readonly truncatedShare: number;
  /** Why this loss cannot learn from this data, and what to do; empty if it can. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Class names of the losses that can learn from this data. */
  readonly servedLosses: readonly string[];
}

/** The most pairs measured, spread evenly. Enough for quantiles exact to 1 %. */
const MEASURED_PAIRS = 2000;
const PAIR_SPECIAL_TOKENS = 3;

export function verifyDataset(
  records: readonly TrainingRecord[],
  description: LossDescription,
  options: VerificationOptions,
): VerificationReport {
  const fit = fitOf(records, description);
  const lengths = measureLengths(records, options);
  const truncated = lengths.filter((length) => length > options.maxLength).length;
  const report = {
    loss: description.name,
    ...fit,
    repeatedPositives: countRepeatedPositives(records),
    conflicts: countConflicts(records),
    duplicates: countDuplicates(records),
    tokens: {
      median: quantile(lengths, 0.5),
      p95: quantile(lengths, 0.95),
      longest: lengths.at(-1) ?? 0,
    },
    truncatedShare: lengths.length === 0 ? 0 : truncated / lengths.length,
  };
  return {
    ...report,
    problems: problemsOf(fit, records, description, options.batchSize),
    warnings: warningsOf(report, description, options),
    servedLosses: [...lossProblems(records, options.batchSize)]
      .filter(([, problems]) => problems.length === 0)
      .map(([name]) => name),
  };
}

/** By class name, why a loss cannot learn from these records; an empty list if it can. */
export function lossProblems(
  records: readonly TrainingRecord[],
  batchSize: number,
): Map<string, readonly string[]> {
  const fits = new Map<string, Fit>();
  return new Map(
    lossDescriptions.map((description) => {
      const fit = fits.get(description.dataShape) ?? fitOf(records, description);
      fits.set(description.dataShape, fit);
      return [description.name, problemsOf(fit, records, description, batchSize)];
    }),
  );
}

type Measured = Omit<VerificationReport, 'problems' | 'warnings' | 'servedLosses'>;

function fitOf(records: readonly TrainingRecord[], { dataShape }: LossDescription): Fit {
  const examples = projectRecords(records, dataShape);
  const negatives = records.reduce((sum, record) => sum + record.negatives.length, 0);
  return {
    dataShape,
    records: records.length,
    rows: examples.length,
    labels: labelsOf(examples, dataShape),
    negativesPerRecord: records.length === 0 ? 0 : negatives / records.length,
  };
}

function labelsOf(
  examples: readonly TrainingExample[],
  dataShape: DataShape,
): Readonly<Record<string, number>> {
  if (dataShapes[dataShape].labels !== 'one') {
    const documents = examples.reduce((sum, example) => sum + example.documents.length, 0);
    return { positive: examples.length, negative: documents - examples.length };
  }
  const labels: Record<string, number> = {};
  for (const { labels: own = [] } of examples) {
    for (const label of own) labels[label] = (labels[label] ?? 0) + 1;
  }
  return labels;
}

function problemsOf(
  fit: Fit,
  records: readonly TrainingRecord[],
  { name, dataShape }: LossDescription,
  batchSize: number,
): string[] {
  if (records.length === 0) return ['There are no training records. Mine some first.'];
  const problem = shapeViews[dataShape].problem(name, fit, records, batchSize);
  return problem === null ? [] : [problem];
}

function warningsOf(
  report: Measured,
  { dataShape, parameters }: LossDescription,
  { batchSize, maxLength }: VerificationOptions,
): string[] {
  const { rows, labels, truncatedShare, conflicts } = report;
  const ratio = (labels['0'] ?? 0) / (labels['1'] ?? 0);
  const hasPosWeight = parameters.some(({ name }) => name === 'posWeight');
  const warnings = [
    rows > 0 &&
      rows < batchSize &&
      `The dataset has fewer rows (${rows}) than one batch (${batchSize}).`,
    shapeViews[dataShape].warning?.(report),
    truncatedShare > 0.05 &&
      `${(truncatedShare * 100).toFixed(1)} % of the pairs are longer than ${maxLength} tokens and are cut. Raise --max-length.`,
    conflicts > 0 && `${conflicts} texts are both positive and negative for their query.`,
    hasPosWeight &&
      Number.isFinite(ratio) &&
      ratio >= 2 &&
      `The dataset has ${ratio.toFixed(1)} negatives for each positive. Set posWeight to about that number.`,
  ];
  return warnings.filter((warning) => typeof warning === 'string');
}

function measureLengths(
  records: readonly TrainingRecord[],
  { tokenCount }: VerificationOptions,
): number[] {
  const step = Math.max(1, Math.floor(records.length / MEASURED_PAIRS));
  const lengths: number[] = [];
  for (let at = 0; at < records.length; at += step) {
    const record = records[at] as TrainingRecord;
    const documents = [record.positive, ...record.negatives];
    // Not `at`: with a step of 4 it would always choose the first of 4 documents.
    const document = documents[lengths.length % documents.length] ?? record.positive;
    lengths.push(tokenCount(record.query) + tokenCount(document.text) + PAIR_SPECIAL_TOKENS);
  }
  return lengths.sort((a, b) => a - b);
}

function countRepeatedPositives(records: readonly TrainingRecord[]): number {
  const queries = new Map<string, Set<string>>();
  for (const { query, positive } of records) {
    const known = queries.get(positive.text) ?? new Set();
    queries.set(positive.text, known.add(normalizeQuery(query)));
  }
  return [...queries.values()].filter((known) => known.size > 1).length;
}

function countConflicts(records: readonly TrainingRecord[]): number {
  const positives = new Map<string, Set<string>>();
  for (const { query, positive } of records) {
    const key = normalizeQuery(query);
    positives.set(key, (positives.get(key) ?? new Set()).add(positive.text));
  }
  return records.reduce(
    (sum, { query, negatives }) =>
      sum + negatives.filter(({ text }) => positives.get(normalizeQuery(query))?.has(text)).length,
    0,
  );
}

function countDuplicates(records: readonly TrainingRecord[]): number {
  const keys = records.map(({ query, positive }) => `${normalizeQuery(query)}\n${positive.text}`);
  return keys.length - new Set(keys).size;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
