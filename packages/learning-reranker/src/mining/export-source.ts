/** What can be exported: the log, the judgments that it leads to, and the mined training records. */
import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import type { ExportSource } from '../exchange/format.js';
import type { Judged, JudgeOptions } from '../judgments/judge.js';
import type { ReadLogOptions } from '../judgments/read-log.js';
import { corpusOf, judgeLog } from './sources/feedback.js';
import { lastShown, queryIdOf } from './sources/shown-lists.js';
import { type MinedFiles, readMinedRecords } from './store.js';

/** The options choose a part of the log and how it is judged. Records are exported whole. */
export function exportSource(
  { db, files }: { readonly db: Kysely<Database>; readonly files: MinedFiles },
  options: ReadLogOptions & JudgeOptions = {},
): ExportSource {
  return {
    judgments: async () => {
      const { judged, texts } = await judgeLog(db, options);
      return knownJudgments(judged, texts);
    },
    rankings: () => lastShown(db, options),
    queries: async () => {
      const { log, texts } = await judgeLog(db, options);
      return [...log.queries.keys()].flatMap((hash) => {
        const text = texts.get(hash);
        return text === undefined ? [] : [{ id: queryIdOf(hash), text }];
      });
    },
    documents: async () => {
      const { log, texts } = await judgeLog(db, options);
      return corpusOf(log, texts);
    },
    records: () => readMinedRecords(files),
  };
}

function* knownJudgments({ queries }: Judged, texts: ReadonlyMap<string, string>) {
  for (const { query: hash, judgments } of queries) {
    const query = texts.get(hash);
    if (query === undefined) continue;
    for (const { label, documentId, grade, reason } of judgments) {
      if (label !== 'unsure') {
        yield { queryId: queryIdOf(hash), query, documentId, grade, reason };
      }
    }
  }
}
