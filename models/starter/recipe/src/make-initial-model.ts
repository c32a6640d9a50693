/** Step 3: `node dist/make-initial-model.js <data folder> <encoder folder> <new model folder> [layers] [tokens]` */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initialModel } from './initial-model.js';

const [, , folder, encoder, target, layers = '0,1,2,3', tokens = '6000'] = process.argv;
if (folder === undefined || encoder === undefined || target === undefined) {
  throw new Error(
    'expected: node dist/make-initial-model.js <data folder> <encoder folder> <new model folder>',
  );
}
/** What people ask is short and all of it counts. */
const QUERY_WEIGHT = 4;

async function* texts(): AsyncGenerator<readonly [string, number]> {
  for (const line of await readLines('chosen-corpus'))
    yield [(JSON.parse(line) as { text: string }).text, 1];
  for (const line of await readLines('chosen-pairs')) {
    yield [(JSON.parse(line) as { query: string }).query, QUERY_WEIGHT];
  }
}

async function readLines(name: string): Promise<string[]> {
  return (await readFile(join(folder as string, `${name}.jsonl`), 'utf8')).trimEnd().split('\n');
}

const counted: (readonly [string, number])[] = [];
for await (const text of texts()) counted.push(text);
const model = await initialModel(encoder, {
  layers: layers.split(',').map(Number),
  vocabularySize: Number(tokens),
  texts: counted,
  seed: 42,
});
await model.save(target, { readme: 'The untrained beginning of the starter model.\n' });
