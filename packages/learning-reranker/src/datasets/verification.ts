/** Whether a dataset fits a loss, looked at before any training. */
import {
  type DataShape,
  type LossDescription,
  lossDescriptions,
  type TrainingExample,
} from '@learning-reranker/cross-encoder';
import { normalizeQuery } from '../records/clean-text.js';
import type { TrainingRecord } from '../records/training-record.js';
import { projectRecords } from './projections.js';

export interface VerificationOptions {
  readonly maxLength: number;
  readonly batchSize: number;
  /** How many tokens a text has, special ones not counted. */
  readonly tokenCount: (text: string) => number;
  /** Special tokens of a pair. */
  readonly specialTokens?: number;
}

export interface VerificationReport {
  readonly loss: string;
  readonly dataShape: string;
  readonly records: number;
  /** Rows that the loss can use, as it counts them. */
  readonly rows: number;
  /** Rows by label; of a loss whose rows have no class, documents by what they are to their query. */
  readonly labels: Readonly<Record<string, number>>;
  readonly negativesPerRecord: number;
  /** Positives that stand for more than one query: in a batch they may be drawn as negatives. */
  readonly repeatedPositives: number;
  /** One text both positive and negative for a query. */
  readonly conflicts: number;
  readonly duplicates: number;
  readonly tokens: { readonly median: number; readonly p95: number; readonly longest: number };
  /** The share of pairs that do not fit into the maximum length. */
  readonly truncatedShare: number;
  /** Why this data cannot serve this loss, and what to do; empty when it can. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Class names of the losses that this data can serve. */
  readonly servedLosses: readonly string[];
}

/** Pairs measured at most, spread evenly: enough for quantiles to a percent. */
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

/** Every loss by its class name with why these records cannot serve it; nothing where they can. */
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
/** What a loss would see of the records. */
type Fit = Pick<
  VerificationReport,
  'dataShape' | 'records' | 'rows' | 'labels' | 'negativesPerRecord'
>;

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
  if (!dataShape.endsWith('labelled-pairs')) {
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
  report: Fit,
  records: readonly TrainingRecord[],
  { name, dataShape }: LossDescription,
  batchSize: number,
): string[] {
  if (records.length === 0) return ['There are no training records. Mine some first.'];
  const problems: string[] = [];
  if (dataShape === 'scored-tuples' && report.rows === 0) {
    problems.push(
      records.some((record) => record.teacher_scores)
        ? `${name} learns from how much higher a teacher scores the positive, and no record with teacher_scores has negatives. Mine negatives and score them.`
        : `${name} learns from a teacher's scores, and no record has any. Add teacher_scores, or choose BinaryCrossEntropyLoss.`,
    );
  }
  if (dataShape.endsWith('labelled-pairs') && Object.keys(report.labels).length < 2) {
    problems.push(
      `${name} needs relevant and irrelevant documents; these records have only ${Object.keys(report.labels)[0] === '1' ? 'positives' : 'negatives'}. ` +
        'Mine negatives, or choose MultipleNegativesRankingLoss.',
    );
  }
  if (dataShape === 'tuples') {
    const positives = new Set(records.map(({ positive }) => positive.text)).size;
    if (positives < 2 && report.negativesPerRecord === 0) {
      problems.push(
        `${name} needs at least 2 different positives in a batch; this dataset has ${positives} (batch size ${batchSize}). Add data or choose BinaryCrossEntropyLoss.`,
      );
    }
  }
  return problems;
}

function warningsOf(
  report: Measured,
  { name, dataShape }: LossDescription,
  { batchSize, maxLength }: VerificationOptions,
): string[] {
  const warnings: string[] = [];
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  if (report.rows > 0 && report.rows < batchSize) {
    warnings.push(`fewer rows (${report.rows}) than one batch (${batchSize})`);
  }
  if (dataShape === 'scored-tuples' && report.rows > 0 && report.rows < report.records) {
    warnings.push(
      `${report.records - report.rows} of ${report.records} records have no teacher_scores or no negatives and are left out`,
    );
  }
  if (report.truncatedShare > 0.05) {
    warnings.push(
      `${percent(report.truncatedShare)} of the pairs are longer than ${maxLength} tokens and are cut; raise --max-length`,
    );
  }
  if (report.conflicts > 0) {
    warnings.push(`${report.conflicts} texts are both positive and negative for their query`);
  }
  if (dataShape === 'tuples' && report.repeatedPositives > 0) {
    warnings.push(
      `${report.repeatedPositives} positives answer several queries; a text that is a positive of the same query is never drawn as a negative, but another query's may be a hidden answer`,
    );
  }
  const ones = report.labels['1'] ?? 0;
  if (name === 'BinaryCrossEntropyLoss' && ones > 0 && (report.labels['0'] ?? 0) / ones >= 2) {
    warnings.push(
      `${((report.labels['0'] ?? 0) / ones).toFixed(1)} negatives a positive; posWeight of about that is advised`,
    );
  }
  return warnings;
}

function measureLengths(
  records: readonly TrainingRecord[],
  { tokenCount, specialTokens = PAIR_SPECIAL_TOKENS }: VerificationOptions,
): number[] {
  const step = Math.max(1, Math.floor(records.length / MEASURED_PAIRS));
  const lengths: number[] = [];
  for (let at = 0; at < records.length; at += step) {
    const record = records[at] as TrainingRecord;
    const documents = [record.positive, ...record.negatives];
    // By what was measured so far, not by `at`: a step of 4 would meet only the first of 4 documents.
    const document = documents[lengths.length % documents.length] ?? record.positive;
    lengths.push(tokenCount(record.query) + tokenCount(document.text) + specialTokens);
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
  const answers = new Map<string, Set<string>>();
  for (const { query, positive } of records) {
    const key = normalizeQuery(query);
    answers.set(key, (answers.get(key) ?? new Set()).add(positive.text));
  }
  return records.reduce(
    (sum, { query, negatives }) =>
      sum + negatives.filter(({ text }) => answers.get(normalizeQuery(query))?.has(text)).length,
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
