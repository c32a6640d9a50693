/** What mining would learn from the log, and why: for whoever owns the log, since it shows its texts. */
import type { Kysely } from 'kysely';
import type { Database } from '../../database/index.js';
import type { JudgeOptions, JudgmentLabel, ReadLogOptions } from '../../judgments/index.js';
import { cutText } from '../../records/clean-text.js';
import { judgeLog } from './feedback.js';

export interface PreviewRow {
  readonly query: string;
  readonly document_id: string;
  /** Its beginning; null where nobody sent a text. */
  readonly text: string | null;
  readonly label: JudgmentLabel | 'conflict';
  readonly grade: number;
  readonly relevance: number | null;
  readonly naive_relevance: number | null;
  readonly reason: string;
}

const LONGEST_TEXT = 300;

/** Rows with the most proof first; conflicts, which are refused, at the end of them. */
export async function previewFeedback(
  db: Kysely<Database>,
  { rows: most = 50, ...options }: ReadLogOptions & JudgeOptions & { readonly rows?: number } = {},
): Promise<PreviewRow[]> {
  const { judged, texts } = await judgeLog(db, options);
  const rows: PreviewRow[] = [...judged.judgments]
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most)
    .map((one) => {
      const text = texts.get(one.statistics.text ?? '');
      return {
        query: texts.get(one.query) ?? '',
        document_id: one.documentId,
        text: text === undefined ? null : cutText(text, LONGEST_TEXT),
        label: one.label,
        grade: one.grade,
        relevance: one.relevance,
        naive_relevance: one.naiveRelevance,
        reason: one.reason,
      };
    });
  const conflicts = judged.conflicts.slice(0, most).map((one) => ({
    query: texts.get(one.query) ?? '',
    document_id: one.documentId,
    text: null,
    label: 'conflict' as const,
    grade: 0,
    relevance: null,
    naive_relevance: null,
    reason: one.reason,
  }));
  return [...rows, ...conflicts];
}
