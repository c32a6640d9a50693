/**
 * Step 2: embeds queries and corpus with the teacher and writes candidates.jsonl.
 * `node dist/score-candidates.js <data folder> <teacher folder>`
 */

import { createWriteStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { scoredCandidates } from './candidates.js';
import { selectPairs } from './select-pairs.js';
import { Teacher } from './teacher.js';

const [, , folder, teacherFolder] = process.argv;
if (folder === undefined || teacherFolder === undefined) {
  throw new Error('expected: node dist/score-candidates.js <data folder> <teacher folder>');
}
const { pairs, corpus } = selectPairs(await readRows('pairs'), await readRows('corpus'));
const texts = corpus.map((document) => JSON.stringify(document)).join('\n');
await writeFile(join(folder, 'chosen-corpus.jsonl'), `${texts}\n`);
await writeFile(
  join(folder, 'chosen-pairs.jsonl'),
  `${pairs.map((pair) => JSON.stringify(pair)).join('\n')}\n`,
);
/** Tokens of a text that the teacher reads: about what the starter reads of it in training. */
const TEACHER_LENGTH = 128;
let teacher: Teacher | undefined;
const corpusVectors = await vectorsOf(
  'corpus',
  corpus.map(({ text }) => text),
);
const queryVectors = await vectorsOf(
  'pairs',
  pairs.map(({ query }) => query),
);
const width = corpusVectors.length / corpus.length;
const output = createWriteStream(join(folder, 'candidates.jsonl'));
let count = 0;
for await (const row of scoredCandidates({
  pairs,
  corpus,
  queryVectors,
  corpusVectors,
  width,
  seed: 2,
})) {
  const cosines = row.cosines.map((cosine) => Math.round(cosine * 1e4) / 1e4);
  output.write(`${JSON.stringify({ ...row, cosines })}\n`);
  if (++count % 5000 === 0) process.stderr.write(`${count} of ${pairs.length} queries\n`);
}
output.end();
await finished(output);

async function readRows<Row>(name: string): Promise<Row[]> {
  const text = await readFile(join(folder as string, `${name}.jsonl`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

/** Vectors are kept beside the texts, since making them takes long. */
async function vectorsOf(name: string, texts: readonly string[]): Promise<Float32Array> {
  const path = join(folder as string, `${name}.f32`);
  const kept = await stat(path).catch(() => undefined);
  if (kept) {
    const bytes = await readFile(path);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
  teacher ??= await Teacher.load(teacherFolder as string);
  let said = 0;
  const vectors = await teacher.embed(texts, TEACHER_LENGTH, (done) => {
    if (done - said < 2000) return;
    said = done;
    process.stderr.write(`${name}: ${done} of ${texts.length} texts\n`);
  });
  await writeFile(path, new Uint8Array(vectors.buffer));
  return vectors;
}
