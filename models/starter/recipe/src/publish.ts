/**
 * Last step: writes the trained model as the one that ships: half precision, card, origin.
 * `node dist/publish.js <trained model folder> <starter folder> <facts.json>`
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossEncoder } from '@learning-reranker/cross-encoder';

const MOST_BYTES = 20_000_000;
/** BERT's own; training from a teacher needs none, training on a user's few rows does. */
const DROPOUT = 0.1;

const [, , trained, target, factsPath] = process.argv;
if (trained === undefined || target === undefined || factsPath === undefined) {
  throw new Error(
    'expected: node dist/publish.js <trained model folder> <starter folder> <facts.json>',
  );
}
const model = await CrossEncoder.load(trained, {
  configKwargs: { hidden_dropout_prob: DROPOUT, attention_probs_dropout_prob: DROPOUT },
});
const facts = JSON.parse(await readFile(factsPath, 'utf8')) as { shift?: number };
// The same order at other probabilities, for the blend with a first stage: chosen on development sets.
const bias = model.weights.get('classifier.bias');
if (bias) bias.data[0] = (bias.data[0] ?? 0) + (facts.shift ?? 0);
const made = await mkdtemp(join(tmpdir(), 'starter-'));
await model.save(join(made, 'model'), {
  storage: 'F16',
  readme: await readFile(join(target, 'README.md'), 'utf8'),
});
const files: Record<string, { bytes: number; sha256: string }> = {};
let bytes = 0;
for (const name of (await readdir(join(made, 'model'))).sort()) {
  const content = await readFile(join(made, 'model', name));
  bytes += content.length;
  if (name !== 'README.md') {
    files[name] = {
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    };
  }
  await copyFile(join(made, 'model', name), join(target, name));
}
await rm(made, { recursive: true });
await writeFile(join(target, 'recipe.json'), `${JSON.stringify({ ...facts, files }, null, 2)}\n`);
if (bytes > MOST_BYTES)
  throw new Error(`the starter has ${bytes} bytes, expected at most ${MOST_BYTES}`);
console.log(`${bytes} bytes in ${target}`);
