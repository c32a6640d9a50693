/** The value of a loss and its gradient by the logits, for rows whose logits are made up. */
import { GraphSession, gradients, input } from '@learning-reranker/onnx-autodiff';
import type { Loss, Pair } from '../../src/losses/loss.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import type { TrainingExample } from '../../src/training/example.js';

export interface LossValue {
  readonly loss: number;
  /** By pair, as `arrange` laid them out; one number a logit. */
  readonly gradient: readonly number[];
  readonly pairs: readonly (Pair | null)[];
}

/** `logits` gives the numbers of a pair; empty places get an absurd one, which must not matter. */
export async function lossValue(
  loss: Loss,
  examples: readonly TrainingExample[],
  logits: (pair: Pair) => readonly number[],
): Promise<LossValue> {
  const { pairs, feeds } = loss.arrange(examples, new SeededRandom(1));
  const [first] = examples;
  const numLabels = logits([first?.query ?? '', first?.documents[0] ?? '']).length;
  const tensor = input('logits', 'float32', ['sequences', numLabels]);
  const value = loss.forward(tensor);
  const [gradient] = gradients(value, [tensor]);
  const session = await GraphSession.create(
    { outputs: { loss: value, gradient: gradient! } },
    { threads: 1 },
  );
  const data = pairs.flatMap((pair) => (pair ? logits(pair) : new Array(numLabels).fill(77)));
  const results = await session.run(
    new Map([
      ...feeds,
      ['logits', { data: Float32Array.from(data), shape: [pairs.length, numLabels] }],
    ]),
    new Map([
      ['loss', null],
      ['gradient', null],
    ]),
  );
  await session.release();
  return {
    loss: Number(results.get('loss')!.data[0]),
    gradient: [...(results.get('gradient')!.data as Float32Array)],
    pairs,
  };
}
