/** An evaluation as a table for a terminal. */
import type { MetricName } from './metrics.js';
import type { Evaluation, MetricInterval, SystemResult } from './systems.js';

const shown: readonly MetricName[] = ['NDCG@10', 'MRR@10', 'MAP', 'Hit@1', 'Hit@10'];

/** The part of an evaluation that the table shows. */
export type ShownEvaluation = Pick<Evaluation, 'queries' | 'recallAtDepth' | 'hash'> & {
  readonly systems: readonly Pick<SystemResult, 'system' | 'metrics'>[];
};

export function evaluationTable({
  systems,
  queries,
  recallAtDepth,
  hash,
}: ShownEvaluation): string {
  const header = ['', ...shown];
  const rows = systems.map(({ system, metrics }) => [
    system,
    ...shown.map((name) => withInterval(metrics[name])),
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    line(header),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map(line),
    '',
    `${queries} held-out queries, BM25 top 50 of the corpus; ${(recallAtDepth * 100).toFixed(0)} % have a relevant document among the 50.`,
    `Values with 95 % bootstrap intervals; evaluation ${hash}.`,
  ].join('\n');
}

function withInterval({ mean, lower, upper }: MetricInterval): string {
  return `${decimal(mean)} [${decimal(lower)}, ${decimal(upper)}]`;
}

/** `.543`, `1.000`. */
function decimal(value: number): string {
  return value.toFixed(3).replace(/^0/, '');
}
