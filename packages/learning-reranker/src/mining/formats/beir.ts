/** A BEIR folder: corpus.jsonl, queries.jsonl and qrels/<split>.tsv, as BEIR and SBERT's evaluators read it. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonLines } from '../../records/json-lines.js';
import { writeJsonLines } from '../../records/json-lines-writer.js';
import { FormatError } from './format-error.js';
import type { JudgedPair } from './judged-pair.js';
import { linesOf } from './lines.js';

export interface BeirText {
  readonly id: string;
  readonly text: string;
}

export interface BeirSet {
  readonly corpus: readonly BeirText[];
  readonly queries: readonly BeirText[];
  /** By split: `train`, `dev`, `test`. */
  readonly qrels: Readonly<Record<string, readonly JudgedPair[]>>;
}

const row = z.looseObject({
  _id: z.union([z.string(), z.number()]).transform(String),
  title: z.string().nullish(),
  text: z.string(),
});
const SPLIT = /^[\w-]+$/;

/** Each file appears whole or not at all. */
export async function writeBeir(
  folder: string,
  { corpus, queries, qrels }: BeirSet,
): Promise<void> {
  for (const [split, pairs] of Object.entries(qrels)) {
    if (!SPLIT.test(split)) throw new FormatError('a split is named by letters, digits and _ -');
    const held = pairs.find(({ queryId, documentId }) => /[\t\r\n]/.test(queryId + documentId));
    if (held) throw new FormatError('an id holds a tab or a line break, which qrels cannot.');
  }
  await writeJsonLines(
    join(folder, 'corpus.jsonl'),
    corpus.map(({ id, text }) => ({ _id: id, title: '', text })),
  );
  await writeJsonLines(
    join(folder, 'queries.jsonl'),
    queries.map(({ id, text }) => ({ _id: id, text })),
  );
  await mkdir(join(folder, 'qrels'), { recursive: true });
  for (const [split, pairs] of Object.entries(qrels)) {
    const lines = pairs.map(
      ({ queryId, documentId, grade }) => `${queryId}\t${documentId}\t${grade}\n`,
    );
    const header = 'query-id\tcorpus-id\tscore\n';
    await writeFile(join(folder, 'qrels', `${split}.tsv`), header + lines.join(''));
  }
}

/** Titles are put before their texts. @throws {FormatError} and {JsonLinesError} at what is none. */
export async function readBeir(folder: string): Promise<BeirSet> {
  const texts = async (name: string): Promise<BeirText[]> => {
    const { values } = await readJsonLines(join(folder, name), { schema: row, strict: true });
    return values.map(({ _id: id, title, text }) => ({
      id,
      text: title ? `${title}\n${text}` : text,
    }));
  };
  const qrels: Record<string, JudgedPair[]> = {};
  for (const name of (await readdir(join(folder, 'qrels'))).sort()) {
    if (!name.endsWith('.tsv')) continue;
    const text = await readFile(join(folder, 'qrels', name), 'utf8');
    qrels[name.slice(0, -'.tsv'.length)] = await pairsOf(text);
  }
  return { corpus: await texts('corpus.jsonl'), queries: await texts('queries.jsonl'), qrels };
}

async function pairsOf(text: string): Promise<JudgedPair[]> {
  const pairs: JudgedPair[] = [];
  for await (const { line, text: row } of linesOf(text)) {
    const [queryId, documentId, score, ...more] = row.split('\t');
    if (line === 1 && Number.isNaN(Number(score))) continue;
    const grade = Number(score);
    if (!queryId || !documentId || !score?.trim() || !Number.isFinite(grade) || more.length > 0) {
      throw new FormatError('expected query id, document id and grade, parted by tabs', line);
    }
    pairs.push({ queryId, documentId, grade });
  }
  return pairs;
}
