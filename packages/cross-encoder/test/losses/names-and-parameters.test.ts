import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLoss, findLoss, headSizeFor, lossDescriptions } from '../../src/losses/index.js';
import { LossChoiceError } from '../../src/losses/loss.js';

const aliases = {
  softmax: 'CrossEntropyLoss',
  bce: 'BinaryCrossEntropyLoss',
  mnr: 'MultipleNegativesRankingLoss',
  'margin-mse': 'MarginMSELoss',
};

test.each(Object.entries(aliases))('%s is %s, under either name in any case', (alias, name) => {
  fc.assert(
    fc.property(fc.constantFrom(alias, name), fc.infiniteStream(fc.boolean()), (one, upper) => {
      const letters = [...one].map((letter) =>
        upper.next().value ? letter.toUpperCase() : letter.toLowerCase(),
      );
      expect(findLoss(` ${letters.join('')} `).name).toBe(name);
    }),
  );
});

test("the product's default is first, and every loss has its own name and alias", () => {
  expect(lossDescriptions.map(({ name }) => name)).toEqual(Object.values(aliases));
  expect(lossDescriptions.map(({ alias }) => alias)).toEqual(Object.keys(aliases));
});

test('a loss advises the same batch size in numbers and in words', () => {
  for (const { batchSize, batchSizeAdvice } of lossDescriptions) {
    const { from, to, recommended } = batchSize;
    expect(from).toBeLessThanOrEqual(recommended);
    expect(recommended).toBeLessThanOrEqual(to);
    expect(batchSizeAdvice.match(/\d{1,}(?= to| rows| recommended)/g)).toEqual(
      [from, to, recommended].map(String),
    );
  }
});

test('names that SBERT does not have for cross-encoders lead to the right loss', () => {
  expect(() => findLoss('SoftmaxLoss')).toThrow(/bi-encoder loss.*CrossEntropyLoss \(softmax\)/);
  expect(() => findLoss('binaryclassificationloss')).toThrow(/no BinaryClassificationLoss.*bce/);
});

test('an unknown loss is refused with a list of all losses', () => {
  expect(() => findLoss('hinge')).toThrow(LossChoiceError);
  expect(() => findLoss('hinge')).toThrow(
    "Unknown loss 'hinge'. Choose one of softmax (CrossEntropyLoss), bce (BinaryCrossEntropyLoss), " +
      'mnr (MultipleNegativesRankingLoss), margin-mse (MarginMSELoss)',
  );
  for (const name of ['', 'constructor', 'toString', '__proto__']) {
    expect(() => findLoss(name)).toThrow(LossChoiceError);
  }
});

test("absent parameters have SBERT's defaults", () => {
  const parametersOf = (name: string) => createLoss(name).parameters;
  expect(parametersOf('softmax')).toEqual({ activationFn: 'Identity' });
  expect(parametersOf('bce')).toEqual({ activationFn: 'Identity', posWeight: null });
  expect(parametersOf('margin-mse')).toEqual({ activationFn: 'Identity' });
  expect(parametersOf('mnr')).toEqual({ numNegatives: 4, scale: 10, activationFn: 'Sigmoid' });
});

test.each([
  ['mnr', { numNegatives: 0 }, 'numNegatives must be at least 1, got 0'],
  ['mnr', { numNegatives: 2.5 }, 'numNegatives must be a whole number, got 2.5'],
  ['mnr', { numNegatives: '4' }, 'numNegatives must be a whole number, got "4"'],
  ['mnr', { scale: -1 }, 'scale must be at least 0, got -1'],
  ['mnr', { scale: null }, 'scale must be a number, got null'],
  ['mnr', { scale: Number.NaN }, 'scale must be a number, got null'],
  ['bce', { posWeight: Number.POSITIVE_INFINITY }, 'posWeight must be a number'],
  ['bce', { activationFn: 'ReLU' }, 'activationFn must be one of Identity, Sigmoid, got "ReLU"'],
  ['bce', { activationFn: true }, 'activationFn must be a string, got true'],
  [
    'bce',
    { pos_weight: 2 },
    "has no parameter 'pos_weight'. Its parameters are: activationFn, posWeight",
  ],
  [
    'softmax',
    { scale: 1 },
    "CrossEntropyLoss has no parameter 'scale'. Its parameters are: activationFn",
  ],
])('%s refuses %o', (name, parameters, message) => {
  expect(() => createLoss(name, parameters)).toThrow(LossChoiceError);
  expect(() => createLoss(name, parameters)).toThrow(message);
});

test("null is SBERT's None where SBERT has one", () => {
  expect(createLoss('mnr', { numNegatives: null }).parameters.numNegatives).toBeNull();
  expect(createLoss('bce', { posWeight: null }).parameters.posWeight).toBeNull();
});

test('the head gets as many logits as the loss needs, and stays if it has enough', () => {
  const sizes = (name: string) => [0, 1, 2, 3].map((now) => headSizeFor(findLoss(name), now));
  expect(sizes('softmax')).toEqual([2, 2, 2, 3]);
  for (const name of ['bce', 'mnr', 'margin-mse']) expect(sizes(name)).toEqual([1, 1, 1, 1]);
});

test('a description holds all that a picker, help and documentation need', () => {
  for (const description of lossDescriptions) {
    const { parameters, relations, references, ...texts } = description;
    for (const text of Object.values(texts)) expect(text).not.toBe('');
    expect(references[0]).toBe(`sentence_transformers.cross_encoder.losses.${description.name}`);
    expect(relations.length).toBeGreaterThan(0);
    for (const { choices, default: fallback, description: text } of parameters) {
      expect(text).not.toBe('');
      if (choices) expect(choices).toContain(fallback);
    }
  }
});
