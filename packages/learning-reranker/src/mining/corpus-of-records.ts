/** The corpus of records that came without one: every document they name, right answer or wrong. */
import type { CorpusDocument, TrainingRecord } from '../records/training-record.js';
import { stableHash } from './stable-hash.js';

/** Each text once; the id tells its path and, by a hash, its text. */
export function documentsOfRecords(records: readonly TrainingRecord[]): CorpusDocument[] {
  const documents = new Map<string, CorpusDocument>();
  for (const { positive, negatives } of records) {
    for (const { text, doc_path_rel, repo_slug } of [positive, ...negatives]) {
      const place = [repo_slug, doc_path_rel].filter((part) => part !== '').join('/');
      const id = `${place || 'unknown'}#${stableHash(text).toString(16).padStart(8, '0')}`;
      if (!documents.has(id)) documents.set(id, { id, text, doc_path_rel, repo_slug });
    }
  }
  return [...documents.values()];
}
