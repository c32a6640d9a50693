/** TREC's qrels (`qid 0 docid grade`) and runs (`qid Q0 docid rank score tag`), as trec_eval reads them. */
import { FormatError } from './format-error.js';
import type { JudgedPair, RankedDocument } from './judged-pair.js';
import { type ReadOptions, type ReadRow, rowsOfLines, type TextPortions } from './lines.js';

export function* writeQrels(pairs: Iterable<JudgedPair>): Generator<string> {
  for (const { queryId, documentId, grade } of pairs) {
    if (!Number.isInteger(grade)) {
      throw new FormatError(
        `the grade ${grade} is no integer, which qrels ask for. Round it first.`,
      );
    }
    yield `${escaped(queryId)} 0 ${escaped(documentId)} ${grade}\n`;
  }
}

/** @throws {FormatError} at the first line that is none, unless told otherwise. */
export function readQrels(
  text: TextPortions,
  options?: ReadOptions,
): AsyncGenerator<ReadRow<JudgedPair>> {
  return rowsOfLines(text, judgedPair, options);
}

function judgedPair(row: string, line: number): JudgedPair {
  const [queryId, , documentId, grade, ...more] = fieldsOf(row);
  if (queryId === undefined || documentId === undefined || more.length > 0) {
    throw new FormatError('expected four fields: query id, 0, document id, grade', line);
  }
  return {
    queryId: unescaped(queryId),
    documentId: unescaped(documentId),
    grade: numberOf(grade, 'grade', line),
  };
}

export function* writeRun(documents: Iterable<RankedDocument>): Generator<string> {
  for (const { queryId, documentId, rank, score, tag } of documents) {
    if (!Number.isFinite(score)) {
      throw new FormatError(`the score ${score} is no finite number, which runs ask for.`);
    }
    yield `${escaped(queryId)} Q0 ${escaped(documentId)} ${rank} ${score} ${escaped(tag)}\n`;
  }
}

/** @throws {FormatError} at the first line that is none, unless told otherwise. */
export function readRun(
  text: TextPortions,
  options?: ReadOptions,
): AsyncGenerator<ReadRow<RankedDocument>> {
  return rowsOfLines(text, rankedDocument, options);
}

function rankedDocument(row: string, line: number): RankedDocument {
  const [queryId, , documentId, rank, score, tag, ...more] = fieldsOf(row);
  if (queryId === undefined || documentId === undefined || tag === undefined || more.length > 0) {
    throw new FormatError('expected six fields: query id, Q0, document id, rank, score, tag', line);
  }
  return {
    queryId: unescaped(queryId),
    documentId: unescaped(documentId),
    rank: numberOf(rank, 'rank', line),
    score: numberOf(score, 'score', line),
    tag: unescaped(tag),
  };
}

function fieldsOf(row: string): string[] {
  return row.trim().split(/[ \t]+/);
}

function numberOf(field: string | undefined, name: string, line: number): number {
  const value = Number(field);
  if (field !== undefined && field !== '' && Number.isFinite(value)) return value;
  throw new FormatError(`expected a number as its ${name}`, line);
}

/** White space would end a field: it is written as in an address, and so is what looks like that already. */
function escaped(id: string): string {
  if (id === '') throw new FormatError('an id is empty, which TREC formats cannot hold.');
  return id.replace(/%(?=[0-9a-f]{2})/gi, '%25').replace(/[\s\p{Cc}]/gu, encodeURIComponent);
}

function unescaped(field: string): string {
  return field.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}
