import { GraphSession, gradients, input, type Value } from '@learning-reranker/onnx-autodiff';
import { expect, test } from 'vitest';
import { createLoss } from '../../src/losses/index.js';
import type { ArrangedBatch, Loss } from '../../src/losses/loss.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import type { TrainingExample } from '../../src/training/example.js';
import { fixture } from '../evaluation/fixture.js';

interface RecordedBatch {
  logits: number[][];
  labels?: (number | number[])[];
  documents?: number[][];
  loss: number;
  gradient: number[][];
}

interface RecordedLoss {
  loss: string;
  parameters: Record<string, number | null>;
  numLabels?: number;
  hardNegatives?: number;
  batches: RecordedBatch[];
}

/** How far a value may be from SBERT's, relative to the largest of its batch. */
const TOLERANCE = 1e-5;

const recorded = await fixture<Record<string, RecordedLoss>>('losses');

test('twenty batches of each loss were recorded', () => {
  expect(Object.values(recorded).map(({ batches }) => batches.length)).toEqual(
    new Array(11).fill(20),
  );
});

test.each(Object.keys(recorded))("%s: value and logit gradients are SBERT's", async (name) => {
  const { loss: className, parameters, numLabels = 1, batches } = recorded[name]!;
  const loss = createLoss(className, inCamelCase(parameters), numLabels);
  const session = await lossSession(loss, numLabels);
  for (const batch of batches) {
    const arranged = loss.arrange(examplesOf(recorded[name]!, batch), new SeededRandom(1));
    const found = await evaluate(session, arranged, batch.logits.flat(), numLabels);
    const gradient = batch.gradient.flat();
    const largest = Math.max(...gradient.map(Math.abs));
    expect(Math.abs(found.loss - batch.loss)).toBeLessThanOrEqual(
      TOLERANCE * Math.max(Math.abs(batch.loss), largest),
    );
    expect(found.gradient.length).toBe(gradient.length);
    for (const [index, value] of gradient.entries()) {
      const difference = Math.abs((found.gradient[index] as number) - value);
      expect(difference).toBeLessThanOrEqual(TOLERANCE * largest);
    }
  }
  await session.release();
});

test("with all negatives, rows of MultipleNegativesRankingLoss have SBERT's order", () => {
  const { parameters, batches, hardNegatives = 0 } = recorded.multipleNegativesRankingAll!;
  const loss = createLoss('MultipleNegativesRankingLoss', inCamelCase(parameters));
  for (const batch of batches) {
    const examples = examplesOf({ ...recorded.multipleNegativesRankingAll!, hardNegatives }, batch);
    const { pairs } = loss.arrange(examples, new SeededRandom(1));
    const expected = batch.documents!.flatMap((documents, row) =>
      documents.map((document) => [`query ${row}`, `document ${document}`]),
    );
    expect(pairs).toEqual(expected);
  }
});

const golden =
  await fixture<
    Record<
      string,
      {
        logits: number[] | number[][];
        labels?: number[] | number[][];
        parameters?: Record<string, number | null>;
        loss: number;
      }
    >
  >('golden-losses');

const goldenValues = {
  binaryCrossEntropy: ['BinaryCrossEntropyLoss', 0.686938],
  binaryCrossEntropyPosWeight: ['BinaryCrossEntropyLoss', 1.433653],
  marginMse: ['MarginMSELoss', 11.25],
  marginMseScores: ['MarginMSELoss', 11.25],
  multipleNegativesRanking: ['MultipleNegativesRankingLoss', 1.216033],
} as const;

test.each(Object.entries(goldenValues))('%s: the value worked out by hand', async (name, value) => {
  const [className, expected] = value;
  const { logits, labels, parameters = {} } = golden[name]!;
  const loss = createLoss(className, inCamelCase(parameters));
  const rows = (logits as (number | number[])[]).map((row) => [row].flat());
  const batch = { logits: rows, loss: expected, gradient: [], ...(labels && { labels }) };
  const recordedLoss = { loss: className, parameters: {}, batches: [], hardNegatives: 1 };
  const arranged = loss.arrange(examplesOf(recordedLoss, batch), new SeededRandom(1));
  const session = await lossSession(loss, 1);
  const found = await evaluate(session, arranged, rows.flat(), 1);
  expect(found.loss).toBeCloseTo(expected, 5);
  await session.release();
});

/** Rows that make a loss want exactly the recorded logits. */
function examplesOf(
  { loss, hardNegatives = 0 }: RecordedLoss,
  { logits, labels }: Pick<RecordedBatch, 'logits' | 'labels'>,
): TrainingExample[] {
  const ownDocuments =
    loss === 'MultipleNegativesRankingLoss'
      ? 1 + hardNegatives
      : loss === 'MarginMSELoss'
        ? logits[0]!.length
        : 1;
  return logits.map((_, row) => ({
    query: `query ${row}`,
    // Documents are numbered column by column, as in the recording.
    documents: Array.from(
      { length: ownDocuments },
      (_, column) => `document ${column * logits.length + row}`,
    ),
    ...(labels && { labels: [labels[row]!].flat() }),
  }));
}

function lossSession(loss: Loss, numLabels: number): Promise<GraphSession> {
  const logits = input('logits', 'float32', ['sequences', numLabels]);
  const value = loss.forward(logits);
  const [gradient] = gradients(value, [logits]);
  return GraphSession.create({ outputs: { loss: value, gradient: gradient! } }, { threads: 1 });
}

async function evaluate(
  session: GraphSession,
  { pairs, feeds }: ArrangedBatch,
  logits: number[],
  numLabels: number,
) {
  expect(pairs.length * numLabels).toBe(logits.length);
  const fed: Value = { data: Float32Array.from(logits), shape: [pairs.length, numLabels] };
  const results = await session.run(
    new Map([...feeds, ['logits', fed]]),
    new Map([
      ['loss', null],
      ['gradient', null],
    ]),
  );
  return {
    loss: Number(results.get('loss')!.data[0]),
    gradient: results.get('gradient')!.data as Float32Array,
  };
}

/** SBERT's `pos_weight` is `posWeight` here. */
function inCamelCase(parameters: Record<string, number | null>): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
