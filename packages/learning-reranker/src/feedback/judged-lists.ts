/** Judgments and ranked lists of other tools as searches: each query one, its documents shown, grades as ratings. */
import type { z } from 'zod';
import type { MalformedLine } from '../records/json-lines.js';
import { type ImportRows, idOf } from './import-rows.js';
import {
  type Feedback,
  type FeedbackInput,
  feedbackSchema,
  type Search,
  type SearchInput,
  searchSchema,
} from './schema.js';

/** A grade as a file has it, with the line it stands in. */
export interface GradedRow {
  readonly line: number;
  readonly query: string;
  readonly documentId: string;
  /** 0 and less do not answer; 3 and more are the best. */
  readonly grade: number;
}

/** A document of a list that a system ranked. */
export interface RankedRow {
  readonly line: number;
  readonly query: string;
  readonly documentId: string;
  readonly rank: number;
  readonly score: number;
  /** Names the system. */
  readonly tag: string;
}

type OnMalformed = (malformed: MalformedLine) => void;

/** Documents of one search at most, as a search that is sent may have. */
const LONGEST_LIST = 1000;

/**
 * A query's search is named by its words alone and a rating by what it rates: a grade that was corrected
 * since, or rows of a query in two places, come to the same search, where the later vote wins.
 */
export async function* searchesOfGrades(
  rows: AsyncIterable<GradedRow>,
  onMalformed: OnMalformed,
): AsyncGenerator<ImportRows> {
  for await (const group of runsOf(rows, ({ query }) => query)) {
    const eventId = idOf(['judged', group[0]?.query]);
    const feedback: Feedback[] = [];
    for (const { line, documentId, grade } of group) {
      const kind = ratingOf(grade);
      const input: FeedbackInput = {
        feedback_id: idOf(['judged', eventId, documentId, kind]),
        event_id: eventId,
        document_id: documentId,
        kind,
      };
      const one = orMalformed(feedbackSchema.safeParse(input), line, onMalformed);
      if (one) feedback.push(one);
    }
    const documents = new Set(feedback.flatMap(({ document_id: id }) => id ?? []));
    const search = searchOf(
      {
        event_id: eventId,
        query: group[0]?.query ?? '',
        documents: [...documents].slice(0, LONGEST_LIST).map((id) => ({ id })),
      },
      group,
      onMalformed,
    );
    if (search && feedback.length > 0) yield { searches: [search], feedback };
  }
}

/** The list in the order of its ranks, of which no more is kept than a search may have. */
export async function* searchesOfRun(
  rows: AsyncIterable<RankedRow>,
  onMalformed: OnMalformed,
): AsyncGenerator<ImportRows> {
  for await (const group of runsOf(rows, ({ query, tag }) => `${tag}\n${query}`)) {
    const ranked = [...group].sort((a, b) => a.rank - b.rank || b.score - a.score);
    const documents = ranked
      .slice(0, LONGEST_LIST)
      .map(({ documentId: id, score }) => ({ id, score }));
    const { query = '', tag = '' } = ranked[0] ?? {};
    const search = searchOf(
      { event_id: idOf(['run', tag, query, documents]), query, documents, model: tag },
      ranked,
      onMalformed,
    );
    if (search) yield { searches: [search], feedback: [] };
  }
}

/** Rows of the same key that follow each other. */
async function* runsOf<Row>(
  rows: AsyncIterable<Row>,
  keyOf: (row: Row) => string,
): AsyncGenerator<Row[]> {
  let run: Row[] = [];
  let key = '';
  for await (const row of rows) {
    const own = keyOf(row);
    if (run.length > 0 && own !== key) {
      yield run;
      run = [];
    }
    key = own;
    run.push(row);
  }
  if (run.length > 0) yield run;
}

function ratingOf(grade: number): 'thumbsdown' | 'thumbsup' | 'star5' {
  if (grade <= 0) return 'thumbsdown';
  return grade < 3 ? 'thumbsup' : 'star5';
}

/** A document that cannot be kept is named by its row and left out; a query that cannot, by its first row. */
function searchOf(
  input: SearchInput,
  rows: readonly { readonly line: number }[],
  onMalformed: OnMalformed,
): Search | undefined {
  const checked = searchSchema.safeParse(input);
  const bad = new Map<number, string>();
  for (const { path, message } of checked.error?.issues ?? []) {
    if (path[0] === 'documents' && typeof path[1] === 'number') bad.set(path[1], message);
  }
  if (bad.size === 0) return orMalformed(checked, rows[0]?.line ?? 0, onMalformed);
  for (const [at, problem] of bad) onMalformed({ line: rows[at]?.line ?? 0, problem });
  const documents = input.documents.filter((_, at) => !bad.has(at));
  if (documents.length === 0) return undefined;
  const left = rows.filter((_, at) => !bad.has(at));
  return searchOf({ ...input, documents }, left, onMalformed);
}

function orMalformed<Value>(
  checked: z.ZodSafeParseResult<Value>,
  line: number,
  onMalformed: OnMalformed,
): Value | undefined {
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  onMalformed({ line, problem: `${issue?.path.join('.')}: ${issue?.message}` });
  return undefined;
}
