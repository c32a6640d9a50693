/** TREC's qrels (`qid 0 docid grade`) and runs (`qid Q0 docid rank score tag`), as trec_eval reads them. */
import type { JudgedPair, JudgmentFormat, RankedDocument, RankingFormat } from './format.js';
import { FormatError, lineReader, textOfFile } from './lines.js';

export const qrels: JudgmentFormat = {
  name: 'qrels',
  description: "TREC's judgments: query id, 0, document id, grade",
  carries: 'judgments',
  needsQueries: true,
  read: (path, options) => readQrels(textOfFile(path), options),
  exports: [
    {
      name: 'qrels',
      description: 'judgments for TREC tools',
      contentType: 'text/plain',
      of: 'judgments',
      write: async (source) => writeQrels(await source.judgments()),
    },
  ],
};

export const run: RankingFormat = {
  name: 'run',
  description: "TREC's result lists: query id, Q0, document id, rank, score, tag",
  carries: 'rankings',
  needsQueries: true,
  read: (path, options) => readRun(textOfFile(path), options),
  exports: [
    {
      name: 'run',
      description: 'the last list shown for each query, for TREC tools',
      contentType: 'text/plain',
      of: 'log',
      async *write(source) {
        for await (const document of source.rankings()) yield* writeRun([document]);
      },
    },
  ],
};

export function* writeQrels(pairs: Iterable<JudgedPair>): Generator<string> {
  for (const { queryId, documentId, grade } of pairs) {
    if (!Number.isInteger(grade)) {
      throw new FormatError(
        `the grade ${grade} is not an integer, and qrels contain only integers. Round it first.`,
      );
    }
    yield `${escaped(queryId)} 0 ${escaped(documentId)} ${grade}\n`;
  }
}

export const readQrels = lineReader(judgedPair);

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
      throw new FormatError(
        `the score ${score} is not a finite number, and runs contain only finite numbers.`,
      );
    }
    yield `${escaped(queryId)} Q0 ${escaped(documentId)} ${rank} ${score} ${escaped(tag)}\n`;
  }
}

export const readRun = lineReader(rankedDocument);

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

/** White space would end a field, so it is percent-encoded, and so is a text that looks encoded already. */
function escaped(id: string): string {
  if (id === '') throw new FormatError('an id is empty. TREC formats cannot contain empty ids.');
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
