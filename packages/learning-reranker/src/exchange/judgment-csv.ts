/** Judgments as CSV (RFC 4180) with a header, as spreadsheets and search tools exchange them. */
import type { JudgmentFormat, JudgmentRow } from './format.js';
import {
  FormatError,
  orMalformed,
  type ReadOptions,
  type ReadRow,
  type TextPortions,
  textOfFile,
} from './lines.js';

export const judgmentCsv: JudgmentFormat = {
  name: 'judgment-csv',
  description: 'CSV with the columns grade, query and docid',
  carries: 'judgments',
  read: (path, options) => readJudgmentCsv(textOfFile(path), options),
  exports: [
    {
      name: 'csv',
      description: 'judgments with their reasons',
      contentType: 'text/csv',
      of: 'judgments',
      write: async (source) => writeJudgmentCsv(await source.judgments()),
    },
  ],
};

const HEADER = ['grade', 'query', 'docid', 'reason'] as const;

export function* writeJudgmentCsv(rows: Iterable<JudgmentRow>): Generator<string> {
  yield `${HEADER.join(',')}\r\n`;
  for (const { query, documentId, grade, reason = '' } of rows) {
    yield `${grade},${[query, documentId, reason].map(cell).join(',')}\r\n`;
  }
}

/**
 * Columns may be in any order, with others between them. `docid` may be called `document_id` or `doc_id`.
 * @throws {FormatError} without a header, and at the first malformed row unless `onMalformed` is given
 */
export async function* readJudgmentCsv(
  text: TextPortions,
  options: ReadOptions = {},
): AsyncGenerator<ReadRow<JudgmentRow>> {
  let columns: Columns | undefined;
  for await (const { line, cells } of rowsOf(text, options)) {
    if (!columns) {
      columns = columnsOf(cells, line);
      continue;
    }
    const known = columns;
    const value = orMalformed(() => judgmentRow(cells, known, line), options);
    if (value) yield { line, value };
  }
}

type Columns = Readonly<Record<keyof JudgmentRow, number>>;

function columnsOf(cells: readonly string[], line: number): Columns {
  const names = cells.map((name) => name.trim().toLowerCase());
  const at = (...wanted: string[]) => names.findIndex((name) => wanted.includes(name));
  const columns = {
    grade: at('grade', 'rating', 'judgment'),
    query: at('query'),
    documentId: at('docid', 'document_id', 'doc_id'),
    reason: at('reason', 'explanation'),
  };
  if (columns.grade >= 0 && columns.query >= 0 && columns.documentId >= 0) return columns;
  // Without columns no row can be read: the error has no `line`, so nothing skips it.
  throw new FormatError(`line ${line}: expected a header with the columns grade, query and docid`);
}

function judgmentRow(cells: readonly string[], columns: Columns, line: number): JudgmentRow {
  const grade = Number(cells[columns.grade]);
  const query = cells[columns.query];
  const documentId = cells[columns.documentId];
  if (!query?.trim() || !documentId) throw new FormatError('expected a query and a docid', line);
  if (!cells[columns.grade]?.trim() || !Number.isFinite(grade)) {
    throw new FormatError('expected a number as its grade', line);
  }
  const reason = cells[columns.reason];
  return {
    query: plain(query),
    documentId: plain(documentId),
    grade,
    ...(reason && { reason: plain(reason) }),
  };
}

/** A text that a spreadsheet would run as a formula gets an apostrophe before it, in addition to any it has. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const LED_FORMULA = /^'+[=+\-@\t\r\n＝＋－＠]/;

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function plain(text: string): string {
  return LED_FORMULA.test(text) ? text.slice(1) : text;
}

/** Quoted cells may hold line breaks. Blank lines are skipped. */
async function* rowsOf(
  portions: TextPortions,
  options: ReadOptions,
): AsyncGenerator<{ readonly line: number; readonly cells: string[] }> {
  let cells: string[] = [];
  let value = '';
  let line = 1;
  let startedAt = 1;
  let state: 'start' | 'bare' | 'quoted' | 'quote' | 'spoilt' = 'start';
  const endCell = () => {
    cells.push(value);
    value = '';
    state = 'start';
  };
  const refuse = (problem: string) =>
    orMalformed(() => {
      throw new FormatError(problem, startedAt);
    }, options);
  for await (const portion of typeof portions === 'string' ? [portions] : portions) {
    for (const character of portion) {
      if (character === '\n') line++;
      if (state === 'quoted') {
        if (character === '"') state = 'quote';
        else value += character;
        continue;
      }
      if (character === '\n') {
        if (state === 'bare' && value.endsWith('\r')) value = value.slice(0, -1);
        const isSpoilt = state === 'spoilt';
        endCell();
        const isBlank = cells.length === 1 && cells[0] === '';
        if (!isSpoilt && !isBlank) yield { line: startedAt, cells };
        cells = [];
        startedAt = line;
      } else if (state === 'spoilt') {
        // The rest of a malformed row is skipped.
      } else if (character === '"' && state !== 'bare') {
        if (state === 'quote') value += '"';
        state = 'quoted';
      } else if (character === ',') endCell();
      else if (character === '\ufeff' && line === 1 && cells.length === 0 && value === '') {
        // A byte order mark, as spreadsheets write it.
      } else if (state === 'quote') {
        if (character === '\r') continue;
        refuse('a closing quote is followed by something other than a comma');
        state = 'spoilt';
      } else {
        value += character;
        state = 'bare';
      }
    }
  }
  if (state === 'quoted') refuse('a quote is not closed');
  else if (state !== 'spoilt' && (cells.length > 0 || value !== '')) {
    endCell();
    yield { line: startedAt, cells };
  }
}
