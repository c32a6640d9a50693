import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLoss } from '../../src/losses/index.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import type { TrainingExample } from '../../src/training/example.js';
import { lossValue } from './loss-value.js';

/** The rows of pairs that the loss lays out, empty places left out. */
function layOut(examples: readonly TrainingExample[], numNegatives: number | null, seed = 1) {
  const { pairs, feeds } = createLoss('mnr', { numNegatives }).arrange(
    examples,
    new SeededRandom(seed),
  );
  const columns = pairs.length / examples.length;
  expect(feeds.get('absent')?.shape).toEqual([examples.length, columns]);
  return examples.map((example, row) => {
    const own = pairs.slice(row * columns, (row + 1) * columns);
    const absent = [...(feeds.get('absent')?.data ?? [])].slice(row * columns, (row + 1) * columns);
    expect(absent.map((value) => value !== 0)).toEqual(own.map((pair) => pair === null));
    return own.flatMap((pair) => {
      if (pair) expect(pair[0]).toBe(example.query);
      return pair ? [pair[1]] : [];
    });
  });
}

// Few texts, so that they meet in a batch: the same query twice, the same document twice.
const batch = fc.array(
  fc.record({
    query: fc.constantFrom('q1', 'q2', 'q3', 'q4'),
    documents: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 8 },
);
const counts = fc.option(fc.integer({ min: 1, max: 6 }), { nil: null });

test('a row holds its positive, drawn negatives, and its own hard negatives in their order', () => {
  fc.assert(
    fc.property(batch, counts, (examples, numNegatives) => {
      layOut(examples, numNegatives).forEach((documents, row) => {
        const [positive, ...hard] = examples[row]!.documents;
        expect(documents[0]).toBe(positive);
        expect(documents.slice(documents.length - hard.length)).toEqual(hard);
        const drawn = documents.slice(1, documents.length - hard.length);
        if (numNegatives !== null) expect(drawn.length).toBeLessThanOrEqual(numNegatives);
      });
    }),
  );
});

test('no positive of the same query and no text of the row is drawn', () => {
  fc.assert(
    fc.property(batch, counts, (examples, numNegatives) => {
      layOut(examples, numNegatives).forEach((documents, row) => {
        const { query, documents: own } = examples[row]!;
        const positives = examples
          .filter((example) => example.query === query)
          .map((example) => example.documents[0]);
        const drawn = documents.slice(1, documents.length - (own.length - 1));
        for (const document of drawn) {
          expect(positives).not.toContain(document);
          expect(own).not.toContain(document);
        }
      });
    }),
  );
});

test('a document is drawn at most as often as the batch contains it', () => {
  fc.assert(
    fc.property(batch, counts, (examples, numNegatives) => {
      const held = examples.flatMap(({ documents }) => documents);
      const times = (texts: readonly string[], text: string) =>
        texts.filter((one) => one === text).length;
      layOut(examples, numNegatives).forEach((documents, row) => {
        const drawn = documents.slice(1, documents.length - (examples[row]!.documents.length - 1));
        for (const text of drawn) {
          expect(times(drawn, text)).toBeLessThanOrEqual(times(held, text));
        }
      });
    }),
  );
});

test("all negatives are in SBERT's order: every positive, every first negative, and so on", () => {
  const examples = [
    { query: 'q1', documents: ['p1', 'n1', 'm1'] },
    { query: 'q2', documents: ['p2', 'n2'] },
    { query: 'q3', documents: ['p3', 'n3', 'm3'] },
  ];
  expect(layOut(examples, null)).toEqual([
    ['p1', 'p2', 'p3', 'n2', 'n3', 'm3', 'n1', 'm1'],
    ['p2', 'p1', 'p3', 'n1', 'n3', 'm1', 'm3', 'n2'],
    ['p3', 'p1', 'p2', 'n1', 'n2', 'm1', 'n3', 'm3'],
  ]);
  // As many as there are, or more, is all of them.
  expect(layOut(examples, 6)).toEqual(layOut(examples, null));
});

test('numNegatives are drawn, each equally often, and only the seed decides which', () => {
  const examples = Array.from({ length: 6 }, (_, row) => ({
    query: `q${row}`,
    documents: [`p${row}`],
  }));
  expect(layOut(examples, 2, 5)).toEqual(layOut(examples, 2, 5));
  const drawn = new Map<string, number>();
  for (let seed = 0; seed < 600; seed++) {
    const [first] = layOut(examples, 2, seed) as [string[]];
    expect(first).toHaveLength(3);
    expect(new Set(first).size).toBe(3);
    for (const text of first.slice(1)) drawn.set(text, (drawn.get(text) ?? 0) + 1);
  }
  // 600 * 2 / 5 = 240 expected each, with a deviation of 12.
  for (const text of ['p1', 'p2', 'p3', 'p4', 'p5']) {
    expect(Math.abs((drawn.get(text) ?? 0) - 240)).toBeLessThan(60);
  }
});

test('a row without negatives has loss 0 and no gradient, as in SBERT', async () => {
  const logits = () => [0.7];
  const alone = await lossValue(createLoss('mnr'), [{ query: 'q', documents: ['p'] }], logits);
  expect(alone.loss).toBeCloseTo(0, 12);
  expect(alone.gradient).toEqual([0]);
});

test('the logit of an empty place does not change the loss', async () => {
  const examples = [
    { query: 'q1', documents: ['p1', 'n1'] },
    { query: 'q2', documents: ['p2'] },
  ];
  const logit: Record<string, number> = { p1: 0.4, n1: -0.3, p2: 0.9 };
  const loss = createLoss('mnr', { numNegatives: 1, scale: 2, activationFn: 'Identity' });
  const { pairs, ...found } = await lossValue(loss, examples, ([, text]) => [
    logit[text] as number,
  ]);
  // Row 1 sees p2 and its own negative, row 2 one of the other's two documents.
  expect(pairs.map((pair) => pair?.[1])).toEqual([
    'p1',
    'p2',
    'n1',
    'p2',
    expect.any(String),
    undefined,
  ]);
  const drawn = pairs[4]?.[1] as string;
  const e = (text: string) => Math.exp(2 * (logit[text] as number));
  const first = e('p1') / (e('p1') + e('p2') + e('n1'));
  const second = e('p2') / (e('p2') + e(drawn));
  expect(found.loss).toBeCloseTo(-(Math.log(first) + Math.log(second)) / 2, 6);
  expect(found.gradient[5]).toBe(0);
  expect(found.gradient[3]).toBeCloseTo((2 * (second - 1)) / 2, 6);
});
