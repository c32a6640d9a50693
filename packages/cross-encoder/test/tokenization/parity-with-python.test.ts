import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { longestFirst, Tokenizer } from '../../src/tokenization/tokenizer.js';
import { pairs, smallBertFolder, smallBertJson, texts } from './small-bert.js';

const uncased = await Tokenizer.load(smallBertFolder);

test('code, English, Unicode and random characters get the same ids as in Python', () => {
  for (const [text, ids] of texts())
    expect([text, ...uncased.tokenize(text)]).toEqual([text, ...ids]);
});

test('a cased tokenizer that keeps ideographs together does too', () => {
  const config = { do_lower_case: false, tokenize_chinese_chars: false };
  const cased = Tokenizer.fromJson(smallBertJson(), config);
  for (const [text, , ids] of texts())
    expect([text, ...cased.tokenize(text)]).toEqual([text, ...ids]);
});

test('a tokenizer built from vocab.txt alone gives the same ids', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vocabulary-'));
  await copyFile(join(smallBertFolder, 'vocab.txt'), join(folder, 'vocab.txt'));
  const built = await Tokenizer.load(folder);
  for (const [text, ids] of texts()) expect([...built.tokenize(text)]).toEqual(ids);
  expect(built.specialTokenIds).toEqual(uncased.specialTokenIds);
  const [query, document, maxLength, ids] = pairs().pairs.at(-1) as (typeof rows)[0];
  expect([...built.encodePair(query, document, maxLength).inputIds]).toEqual(ids);
  await rm(folder, { recursive: true });
});

const rows = pairs().pairs;

test('pairs are laid out and truncated as Python does, down to room for nothing', () => {
  for (const [query, document, maxLength, ids, types] of rows) {
    const encoding = uncased.encodePair(query, document, maxLength);
    expect([...encoding.inputIds]).toEqual(ids);
    expect([...encoding.tokenTypeIds]).toEqual(types);
    const whole = uncased.tokenCount(query) + uncased.tokenCount(document) + 3;
    expect(encoding.truncated).toBe(whole > maxLength);
    const combined = uncased.combine(
      uncased.tokenize(query),
      uncased.tokenize(document),
      maxLength,
    );
    expect(combined).toEqual(encoding);
  }
});

test('every small pair of lengths is truncated as in Python, ties included', () => {
  for (const [first, second, room, keptFirst, keptSecond] of pairs().lengths) {
    expect(longestFirst(first, second, room)).toEqual([keptFirst, keptSecond]);
  }
});

test('truncation and padding stored in tokenizer.json are ignored', () => {
  const { truncation, padding } = smallBertJson();
  expect(truncation).toMatchObject({ max_length: 128 });
  expect(padding).toMatchObject({ strategy: { Fixed: 128 } });
  expect(uncased.encode('a').inputIds.length).toBe(3);
  expect(uncased.tokenCount('a '.repeat(500))).toBe(500);
});
