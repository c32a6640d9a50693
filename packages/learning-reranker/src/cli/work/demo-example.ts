/** One query's results before and after reranking, side by side. */
import { styleText } from 'node:util';
import type { Candidate } from '../../comparison/index.js';
import { oneLine } from './rerank.js';

const ROWS = 5;

/** Both orders' first results in columns; the documented answer is green and marked. */
export function sideBySide(
  query: string,
  before: readonly Candidate[],
  after: readonly Candidate[],
  alpha: number,
): string {
  const width = Math.max(30, Math.min(70, Math.floor(((process.stdout.columns ?? 120) - 10) / 2)));
  const cell = (candidate: Candidate | undefined) => {
    const isAnswer = candidate !== undefined && candidate.grade > 0;
    const text = `${isAnswer ? '>' : ' '} ${oneLine(candidate?.text ?? '', width - 2)}`.padEnd(
      width,
    );
    return isAnswer ? styleText('green', text) : text;
  };
  const rows = Array.from(
    { length: ROWS },
    (_, rank) => ` ${rank + 1} ${cell(before[rank])}  ${cell(after[rank])}`,
  );
  const place = (order: readonly Candidate[]) => order.findIndex(({ grade }) => grade > 0) + 1;
  return [
    `\nA held-out query: ${styleText('bold', oneLine(query, 2 * width))}`,
    `   ${'  before: BM25'.padEnd(width)}    after: the new model with BM25, alpha ${alpha}`,
    ...rows,
    `   The documented answer (>) went from place ${place(before)} to place ${place(after)}.`,
  ].join('\n');
}
