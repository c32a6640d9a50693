/** The corpus: the documents that candidates come from, each text once. */
import { type JsonLines, type JsonLinesOptions, readJsonLines } from '../records/json-lines.js';
import {
  type CorpusDocument,
  corpusDocumentSchema,
  type TrainingRecord,
} from '../records/training-record.js';
import { stableHash } from './stable-hash.js';

/** Documents with different texts, and which of them replaces a document that was left out. */
export interface DistinctDocuments<Document extends CorpusDocument> {
  readonly documents: Document[];
  /** From the id of a document that was left out to the id of the document with the same text. */
  readonly standsFor: ReadonlyMap<string, string>;
}

/**
 * Keeps the first document of each text, where white space does not count, and the first of each id.
 */
export function distinctDocuments<Document extends CorpusDocument>(
  all: Iterable<Document>,
): DistinctDocuments<Document> {
  const byText = new Map<string, string>();
  const standsFor = new Map<string, string>();
  const documents: Document[] = [];
  const ids = new Set<string>();
  for (const document of all) {
    if (ids.has(document.id) || standsFor.has(document.id)) continue;
    const key = document.text.replace(/\s+/g, ' ').trim();
    const first = byText.get(key);
    if (first !== undefined) {
      standsFor.set(document.id, first);
      continue;
    }
    byText.set(key, document.id);
    ids.add(document.id);
    documents.push(document);
  }
  return { documents, standsFor };
}

/** Every document that records name, once. Its id is its path and a hash of its text. */
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

/** Reads a corpus. Malformed lines are skipped and listed. @throws {JsonLinesError} as `readJsonLines` does */
export function readCorpus(
  path: string,
  options: Pick<JsonLinesOptions<CorpusDocument>, 'strict' | 'onMalformed'> = {},
): Promise<JsonLines<CorpusDocument>> {
  return readJsonLines(path, { ...options, schema: corpusDocumentSchema });
}
