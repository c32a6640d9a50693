/** BEIR: a folder with corpus.jsonl, queries.jsonl and qrels/<split>.tsv, as BEIR and SBERT's evaluators read it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanJson } from '../records/clean-text.js';
import type { Collection, CollectionFormat, IdentifiedText, JudgedPair } from './format.js';
import {
  allRows,
  FormatError,
  jsonObject,
  lineReader,
  linesOf,
  type ReadRow,
  textOfFile,
} from './lines.js';

export const beir: CollectionFormat = {
  name: 'beir',
  description: 'a folder with corpus.jsonl, queries.jsonl and qrels',
  carries: 'collection',
  read: readBeir,
  exports: [
    {
      name: 'queries',
      description: 'queries with the ids that qrels and run use (BEIR)',
      contentType: 'application/x-ndjson',
      of: 'log',
      write: async (source) => writeBeirTexts(await source.queries(), 'queries'),
    },
    {
      name: 'corpus',
      description: 'documents with the ids that qrels and run use (BEIR)',
      contentType: 'application/x-ndjson',
      of: 'log',
      write: async (source) => writeBeirTexts(await source.documents(), 'corpus'),
    },
  ],
};

const SPLIT = /^[\w-]+$/;
/** About how many characters are written at once. */
const PORTION = 2 ** 18;

/** Whether qrels can hold this id. */
export function fitsBeir(id: string): boolean {
  return !/[\t\r\n]/.test(id);
}

/**
 * Writes the whole folder or nothing.
 * @throws {AtomicWriteError} when something exists at that path
 * @throws {FormatError} for ids that the format cannot hold
 */
export async function writeBeir(
  folder: string,
  { corpus, queries, qrels }: Collection,
): Promise<void> {
  for (const [split, pairs] of Object.entries(qrels)) {
    if (!SPLIT.test(split))
      throw new FormatError('expected a split name of letters, digits, _ and -.');
    if (!pairs.every((one) => fitsBeir(one.queryId) && fitsBeir(one.documentId)))
      throw new FormatError(
        'expected ids without tabs and line breaks, which qrels cannot contain.',
      );
  }
  const judged = Object.entries(qrels).map(
    ([split, pairs]) => [`qrels/${split}.tsv`, bytesOf(linesOfPairs(pairs))] as const,
  );
  // Loaded late, because the package would slow the start of every command.
  const { writeFolderAtomically } = await import('@learning-reranker/cross-encoder');
  await writeFolderAtomically(
    folder,
    new Map([
      ['corpus.jsonl', bytesOf(writeBeirTexts(corpus, 'corpus'))],
      ['queries.jsonl', bytesOf(writeBeirTexts(queries, 'queries'))],
      ...judged,
    ]),
  );
}

/** @throws {FormatError} at the first malformed line, because a damaged collection gives wrong results */
export async function readBeir(folder: string): Promise<Collection> {
  const texts = (name: string) => allRows(name, readBeirTexts(textOfFile(join(folder, name))));
  const [corpus, queries] = [await texts('corpus.jsonl'), await texts('queries.jsonl')];
  const qrels: Record<string, JudgedPair[]> = {};
  for (const name of await splitsOf(folder)) {
    const path = join(folder, 'qrels', name);
    qrels[name.slice(0, -'.tsv'.length)] = await allRows(`qrels/${name}`, pairsOf(path));
  }
  return { corpus, queries, qrels };
}

async function splitsOf(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'qrels')).catch(() => []);
  const splits = names.filter((name) => name.endsWith('.tsv')).sort();
  if (splits.length > 0) return splits;
  throw new FormatError(
    `${folder} is not a BEIR folder: expected corpus.jsonl, queries.jsonl and qrels/<split>.tsv in it`,
  );
}

async function* pairsOf(path: string): AsyncGenerator<ReadRow<JudgedPair>> {
  for await (const { line, text: row } of linesOf(textOfFile(path))) {
    const [queryId, documentId, score, ...more] = row.split('\t');
    if (line === 1 && Number.isNaN(Number(score))) continue;
    const grade = Number(score);
    if (!queryId || !documentId || !score?.trim() || !Number.isFinite(grade) || more.length > 0) {
      throw new FormatError('expected query id, document id and grade, separated by tabs', line);
    }
    yield { line, value: { queryId, documentId, grade } };
  }
}

function* linesOfPairs(pairs: readonly JudgedPair[]): Generator<string> {
  yield 'query-id\tcorpus-id\tscore\n';
  for (const { queryId, documentId, grade } of pairs) {
    yield `${queryId}\t${documentId}\t${grade}\n`;
  }
}

function* bytesOf(lines: Iterable<string>): Generator<Uint8Array> {
  let portion = '';
  for (const line of lines) {
    portion += line;
    if (portion.length < PORTION) continue;
    yield Buffer.from(portion);
    portion = '';
  }
  yield Buffer.from(portion);
}

function* writeBeirTexts(
  texts: Iterable<IdentifiedText>,
  kind: 'corpus' | 'queries',
): Generator<string> {
  for (const { id, text } of texts) {
    const row = { _id: id, ...(kind === 'corpus' && { title: '' }), text };
    yield `${JSON.stringify(cleanJson(row))}\n`;
  }
}

/** Reads corpus.jsonl or queries.jsonl. A title becomes the first line of its text. */
export const readBeirTexts = lineReader(beirText);

/**
 * Texts of queries by id, from BEIR's queries.jsonl or from lines of `id<TAB>text`, as MS MARCO has them.
 * @throws {FormatError}
 */
export async function readQueries(path: string): Promise<Map<string, string>> {
  const read = lineReader((row, line) =>
    row.trimStart().startsWith('{') ? beirText(row, line) : tabbedText(row, line),
  );
  const queries = await allRows(path, read(textOfFile(path)));
  return new Map(queries.map(({ id, text }) => [id, text]));
}

function beirText(row: string, line: number): IdentifiedText {
  const { _id: id, title, text } = jsonObject(row, line);
  const isId = typeof id === 'string' || Number.isFinite(id);
  const isTitle = title === undefined || title === null || typeof title === 'string';
  if (!isId || !isTitle || typeof text !== 'string') {
    throw new FormatError('expected an object with _id and text', line);
  }
  return { id: String(id), text: title ? `${title}\n${text}` : text };
}

function tabbedText(row: string, line: number): IdentifiedText {
  const [id, text, ...more] = row.split('\t');
  if (id?.trim() && text?.trim() && more.length === 0) return { id: id.trim(), text };
  throw new FormatError(
    'expected a JSON object with _id and text, or an id and a text separated by a tab',
    line,
  );
}
