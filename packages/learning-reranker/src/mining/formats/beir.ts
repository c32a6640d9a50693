/** A BEIR folder: corpus.jsonl, queries.jsonl and qrels/<split>.tsv, as BEIR and SBERT's evaluators read it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderAtomically } from '@learning-reranker/cross-encoder';
import { type BeirText, readBeirTexts, writeBeirTexts } from './beir-texts.js';
import { FormatError } from './format-error.js';
import type { JudgedPair } from './judged-pair.js';
import { linesOf, type ReadRow } from './lines.js';
import { textOfFile } from './text-file.js';

export interface BeirSet {
  readonly corpus: readonly BeirText[];
  readonly queries: readonly BeirText[];
  /** By split: `train`, `dev`, `test`. */
  readonly qrels: Readonly<Record<string, readonly JudgedPair[]>>;
}

const SPLIT = /^[\w-]+$/;
/** Characters handed to a file at once, about. */
const PORTION = 2 ** 18;

/** Whether qrels can name something by this id. */
export function fitsBeir(id: string): boolean {
  return !/[\t\r\n]/.test(id);
}

/**
 * The folder appears whole or not at all. @throws {AtomicWriteError} where something is already, and
 * {FormatError} for ids that it cannot hold
 */
export async function writeBeir(
  folder: string,
  { corpus, queries, qrels }: BeirSet,
): Promise<void> {
  for (const [split, pairs] of Object.entries(qrels)) {
    if (!SPLIT.test(split)) throw new FormatError('a split is named by letters, digits and _ -');
    if (!pairs.every((one) => fitsBeir(one.queryId) && fitsBeir(one.documentId)))
      throw new FormatError('an id holds a tab or a line break, which qrels cannot.');
  }
  const judged = Object.entries(qrels).map(
    ([split, pairs]) => [`qrels/${split}.tsv`, bytesOf(linesOfPairs(pairs))] as const,
  );
  await writeFolderAtomically(
    folder,
    new Map([
      ['corpus.jsonl', bytesOf(writeBeirTexts(corpus, 'corpus'))],
      ['queries.jsonl', bytesOf(writeBeirTexts(queries, 'queries'))],
      ...judged,
    ]),
  );
}

/** @throws {FormatError} at what is none: of a damaged collection every figure would be wrong */
export async function readBeir(folder: string): Promise<BeirSet> {
  const texts = (name: string) => allOf(name, readBeirTexts(textOfFile(join(folder, name))));
  const [corpus, queries] = [await texts('corpus.jsonl'), await texts('queries.jsonl')];
  const qrels: Record<string, JudgedPair[]> = {};
  for (const name of await splitsOf(folder)) {
    const path = join(folder, 'qrels', name);
    qrels[name.slice(0, -'.tsv'.length)] = await allOf(`qrels/${name}`, pairsOf(path));
  }
  return { corpus, queries, qrels };
}

async function splitsOf(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'qrels')).catch(() => []);
  const splits = names.filter((name) => name.endsWith('.tsv')).sort();
  if (splits.length > 0) return splits;
  throw new FormatError(
    `${folder} is no BEIR folder: expected corpus.jsonl, queries.jsonl and qrels/<split>.tsv in it`,
  );
}

async function allOf<Value>(name: string, rows: AsyncIterable<ReadRow<Value>>): Promise<Value[]> {
  const values: Value[] = [];
  try {
    for await (const { value } of rows) values.push(value);
  } catch (error) {
    if (error instanceof FormatError && error.line !== undefined) {
      throw new FormatError(`${name}, ${error.message}`);
    }
    throw error;
  }
  return values;
}

async function* pairsOf(path: string): AsyncGenerator<ReadRow<JudgedPair>> {
  for await (const { line, text: row } of linesOf(textOfFile(path))) {
    const [queryId, documentId, score, ...more] = row.split('\t');
    if (line === 1 && Number.isNaN(Number(score))) continue;
    const grade = Number(score);
    if (!queryId || !documentId || !score?.trim() || !Number.isFinite(grade) || more.length > 0) {
      throw new FormatError('expected query id, document id and grade, parted by tabs', line);
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
