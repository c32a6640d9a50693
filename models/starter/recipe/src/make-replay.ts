/**
 * Writes the few rows that go along with the starter, to be mixed into further training:
 * `node dist/make-replay.js <data folder> <replay.jsonl>`
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SeededRandom } from '@learning-reranker/cross-encoder';
import type { CorpusRow } from './select-pairs.js';
import type { CandidateRow } from './training-rows.js';

const MOST_BYTES = 190_000;
const LONGEST_TEXT = 400;
/** Clear cases only: the answer is near its question, the others are well behind it. */
const NEAR = 0.45;
const BEHIND = 0.15;
const NEGATIVES = 3;

const [, , data, target] = process.argv;
if (data === undefined || target === undefined) {
  throw new Error('expected: node dist/make-replay.js <data folder> <replay.jsonl>');
}
const rows = async (name: string) =>
  (await readFile(join(data, `${name}.jsonl`), 'utf8')).trimEnd().split('\n');
const corpus = (await rows('chosen-corpus')).map((line) => JSON.parse(line) as CorpusRow);
const candidates = (await rows('candidates')).map((line) => JSON.parse(line) as CandidateRow);
const lines: string[] = [];
let bytes = 0;
for (const { query, documents, cosines } of new SeededRandom(4).shuffle(candidates)) {
  const answer = cosines[0] ?? 0;
  const texts = documents.map((at) => corpus[at] as CorpusRow);
  const others = texts
    .map((_, at) => at)
    .filter((at) => at > 0 && (cosines[at] ?? 0) < answer - BEHIND)
    .slice(0, NEGATIVES);
  if (answer < NEAR || others.length < NEGATIVES) continue;
  const places = [0, ...others];
  if (places.some((at) => (texts[at]?.text.length ?? 0) > LONGEST_TEXT)) continue;
  const document = (at: number) => {
    const { text = '', repo = '' } = texts[at] ?? {};
    return { text, doc_path_rel: '', repo_slug: repo };
  };
  const record = {
    schema_version: 2,
    query,
    positive: document(0),
    negatives: others.map(document),
    source: 'starter',
    teacher_scores: places.map((at) => cosines[at]),
  };
  const line = JSON.stringify(record);
  if (bytes + line.length > MOST_BYTES) break;
  bytes += Buffer.byteLength(line) + 1;
  lines.push(line);
}
await writeFile(target, `${lines.join('\n')}\n`);
console.log(`${lines.length} rows, ${bytes} bytes`);
