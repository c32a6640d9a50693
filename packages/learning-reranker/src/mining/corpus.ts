/** The corpus: the documents candidates are drawn from, each text once. */
import { type JsonLines, type JsonLinesOptions, readJsonLines } from '../records/json-lines.js';
import { writeJsonLines } from '../records/json-lines-writer.js';
import {
  type CorpusDocument,
  corpusDocumentSchema,
  type TrainingRecord,
} from '../records/training-record.js';
import { stableHash } from './stable-hash.js';

/** Documents whose texts all differ, and which of them stands for one that was left out. */
export interface DistinctDocuments<Document extends CorpusDocument> {
  readonly documents: Document[];
  /** From the id of a document left out to the id of the one with the same text. */
  readonly standsFor: ReadonlyMap<string, string>;
}

/**
 * Keeps the first of all documents with the same text (white space aside) and the first of all
 * with the same id.
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

/** Writes a corpus as JSON Lines, whole or not at all. @returns the number of documents. */
export function writeCorpus(path: string, documents: Iterable<CorpusDocument>): Promise<number> {
  function* rows() {
    // Only the fields of a corpus document, whatever else its maker knows of it.
    for (const { id, text, doc_path_rel, repo_slug } of documents) {
      yield { id, text, doc_path_rel, repo_slug };
    }
  }
  return writeJsonLines(path, rows());
}

/** Reads a corpus; malformed lines are skipped and named. @throws {JsonLinesError} as `readJsonLines`. */
export function readCorpus(
  path: string,
  options: Pick<JsonLinesOptions<CorpusDocument>, 'strict' | 'onMalformed'> = {},
): Promise<JsonLines<CorpusDocument>> {
  return readJsonLines(path, { ...options, schema: corpusDocumentSchema });
}
