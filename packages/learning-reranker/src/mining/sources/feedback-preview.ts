/** Previews what mining would learn from the log and why. It shows texts of the log, so only admins may see it. */
import type { Kysely } from 'kysely';
import type { Database } from '../../database/schema.js';
import type {
  Judged,
  JudgedQuery,
  JudgeOptions,
  Judgment,
  JudgmentLabel,
} from '../../judgments/judge.js';
import type { ReadLogOptions } from '../../judgments/read-log.js';
import { cutText } from '../../records/clean-text.js';
import type { TrainingRecord } from '../../records/training-record.js';
import { corpusOf, countsOf, judgeLog, recordsOfLog } from './feedback.js';
import type { RecordOptions } from './feedback-records.js';

interface PreviewRow {
  readonly query: string;
  readonly document_id: string;
  /** The start of the text; null if no search sent one. */
  readonly text: string | null;
  readonly label: JudgmentLabel | 'conflict';
  readonly grade: number;
  readonly relevance: number | null;
  readonly naive_relevance: number | null;
  readonly reason: string;
}

const LONGEST_TEXT = 300;

export interface PreviewOptions extends ReadLogOptions, JudgeOptions, RecordOptions {
  /** The maximum number of rows. */
  readonly rows?: number;
}

export async function previewFeedback(
  db: Kysely<Database>,
  { rows: most = 50, ...options }: PreviewOptions = {},
) {
  const judgedLog = await judgeLog(db, options);
  const { judged, texts, log } = judgedLog;
  const { judgments, refused } = mostProven(judged, most);
  const records = recordsOfLog(judgedLog, corpusOf(log, texts), options);
  const labelsByKeywords = options.keywords ? labelsOf(records) : null;
  const rows: PreviewRow[] = judgments.map((one) => {
    const query = texts.get(one.query) ?? '';
    const text = texts.get(one.statistics.text ?? '');
    const byKeywords =
      one.label === 'unsure' ? labelsByKeywords?.get(keyOf(query, text ?? '')) : undefined;
    return {
      query,
      document_id: one.documentId,
      text: text === undefined ? null : cutText(text, LONGEST_TEXT),
      label: byKeywords?.label ?? one.label,
      grade: one.grade,
      relevance: one.relevance,
      naive_relevance: one.naiveRelevance,
      reason: byKeywords?.reason ?? one.reason,
    };
  });
  const conflicts: PreviewRow[] = refused.map((one) => ({
    query: texts.get(one.query) ?? '',
    document_id: one.documentId,
    text: null,
    label: 'conflict',
    grade: 0,
    relevance: null,
    naive_relevance: null,
    reason: one.reason,
  }));
  return {
    /** Judgments with the most evidence first, then conflicts, which mining ignores. */
    rows: [...rows.slice(0, most - conflicts.length), ...conflicts],
    counts: countsOf(judgedLog),
    /** What mining would store, before a teacher scores it. */
    records,
  };
}

/** The labels in the records. Keywords may have labeled documents that are unsure by judgments. */
function labelsOf(records: readonly TrainingRecord[]) {
  const labels = new Map<string, { label: JudgmentLabel; reason: string }>();
  for (const { query, positive, negatives } of records) {
    for (const { text, reason } of negatives) {
      labels.set(keyOf(query, text), { label: 'negative', reason: reason ?? '' });
    }
    labels.set(keyOf(query, positive.text), { label: 'positive', reason: positive.reason ?? '' });
  }
  return labels;
}

function keyOf(query: string, text: string): string {
  return `${query}\n${text}`;
}

/** The judgments with the most evidence and the first conflicts. Those of a long log do not all fit in memory. */
function mostProven({ queries }: Judged, most: number) {
  let judgments: Judgment[] = [];
  const refused: JudgedQuery['conflicts'][number][] = [];
  const keepBest = () => {
    judgments = judgments.sort((a, b) => b.weight - a.weight).slice(0, most);
  };
  for (const query of queries) {
    judgments.push(...query.judgments);
    refused.push(...query.conflicts.slice(0, Math.floor(most / 2) - refused.length));
    if (judgments.length > 10 * most) keepBest();
  }
  keepBest();
  return { judgments, refused };
}
