/**
 * The mean of the weights of models that went on from one another: steadier than any of them.
 * `node dist/average.js <new model folder> <model folder>...`
 */
import { CrossEncoder } from '@learning-reranker/cross-encoder';

const [, , target, first, ...others] = process.argv;
if (target === undefined || first === undefined) {
  throw new Error('expected: node dist/average.js <new model folder> <model folder>...');
}
const model = await CrossEncoder.load(first);
for (const [place, folder] of others.entries()) {
  const other = await CrossEncoder.load(folder);
  for (const [name, { data }] of model.weights) {
    const added = other.weights.get(name)?.data ?? new Float32Array();
    for (let at = 0; at < data.length; at++) {
      data[at] =
        (data[at] as number) + ((added[at] as number) - (data[at] as number)) / (place + 2);
    }
  }
}
await model.save(target, { readme: 'Not the final starter.\n' });
