/** Converts judgments and ranked lists of other tools to searches, with grades as ratings. */
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

/** A grade and the line of the file it is on. */
export interface GradedRow {
  readonly line: number;
  readonly query: string;
  readonly documentId: string;
  /** 0 and less are not relevant; 3 and more are most relevant. */
  readonly grade: number;
}

/** A document in the list of a system. */
export interface RankedRow {
  readonly line: number;
  readonly query: string;
  readonly documentId: string;
  readonly rank: number;
  readonly score: number;
  /** The name of the system. */
  readonly tag: string;
}

type OnMalformed = (malformed: MalformedLine) => void;

/** The most documents of a search. */
const LONGEST_LIST = 1000;

/**
 * The id of a search depends only on the query, and the id of a rating on what it rates. So a corrected grade, or
 * rows of a query in two places, belong to the same search, where the later rating wins.
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

/** Converts each list to a search, in the order of its ranks, cut at the most documents of a search. */
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

/** Groups successive rows with the same key. */
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

/** Reports invalid documents by their rows and leaves them out. An invalid query is reported by its first row. */
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
