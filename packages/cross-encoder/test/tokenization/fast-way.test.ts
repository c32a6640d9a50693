import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GeneralEncoder } from '../../src/tokenization/general-encoder.js';
import { Tokenizer } from '../../src/tokenization/tokenizer.js';
import { smallBertFolder, smallBertJson, texts } from './small-bert.js';

const uncased = await Tokenizer.load(smallBertFolder);
const cased = Tokenizer.fromJson(smallBertJson(), { do_lower_case: false });

const words = texts().flatMap(([text]) => text.split(' '));
const someText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...words, '[SEP]', '[sep]', ' ', '\n', '\u00a0', '\0', 'ΑΣ', '𠀀', '\ud800'),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

describe.each([
  ['uncased', uncased],
  ['cased', cased],
])('the fast encoder of the %s tokenizer', (_, tokenizer) => {
  const general = new GeneralEncoder(tokenizer.definition);

  test('gives the ids of the general encoder for any text', () => {
    fc.assert(
      fc.property(someText, (text) => {
        expect([...tokenizer.tokenize(text)]).toEqual([...general.encode(text)]);
      }),
      { numRuns: 1500 },
    );
  });

  test('with a limit, gives the first of those ids', () => {
    fc.assert(
      fc.property(someText, fc.nat(20), (text, limit) => {
        expect(tokenizer.tokenize(text, limit)).toEqual(tokenizer.tokenize(text).slice(0, limit));
      }),
      { numRuns: 300 },
    );
  });
});

test('a pair gets the same encoding whether its texts are read completely or not', () => {
  fc.assert(
    fc.property(
      someText,
      someText,
      fc.integer({ min: 3, max: 40 }),
      (query, document, maxLength) => {
        const whole = uncased.combine(
          uncased.tokenize(query),
          uncased.tokenize(document),
          maxLength,
        );
        expect(uncased.encodePair(query, document, maxLength)).toEqual(whole);
      },
    ),
    { numRuns: 300 },
  );
});

test('one text is encoded as [CLS] text [SEP], cut at the maximum length', () => {
  const { classification, separator } = uncased.specialTokenIds;
  const ids = [...uncased.tokenize('one two three')];
  expect([...uncased.encode('one two three').inputIds]).toEqual([
    classification,
    ...ids,
    separator,
  ]);
  const cut = uncased.encode('one two three', 4);
  expect([...cut.inputIds]).toEqual([classification, ...ids.slice(0, 2), separator]);
  expect([cut.truncated, uncased.encode('one', 512).truncated]).toEqual([true, false]);
});

test('only the part of a long text that is kept takes time', () => {
  const megabyte = 'lorem ipsum ï '.repeat(75_000);
  for (let i = 0; i < 200; i++) uncased.encodePair('one query', `${i} ${megabyte}`, 512);
});

test('a long text without white space does not hang', () => {
  for (const character of ['x', 'é', '中', '(', '\u0301', '😀', '[SEP]']) {
    const text = character.repeat(50_000);
    expect(uncased.encodePair('one', text, 512).inputIds.length).toBeLessThanOrEqual(512);
    expect(uncased.encodePair(text, text, 512).inputIds.length).toBeLessThanOrEqual(512);
  }
});

test('NUL and lone surrogates are dropped', () => {
  expect(uncased.tokenize('o\0ne \ud83d two\udc00')).toEqual(uncased.tokenize('one two'));
});
