import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Tokenizer } from '../../src/tokenization/tokenizer.js';
import { TokenizerError } from '../../src/tokenization/tokenizer-definition.js';
import { trimVocabulary } from '../../src/tokenization/trim-vocabulary.js';
import { smallBertFolder, smallBertJson, texts } from './small-bert.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true }));

const small = await Tokenizer.load(smallBertFolder);

test('a saved tokenizer loads again with the same ids, from either of its vocabularies', async () => {
  await small.save(folder);
  expect((await readdir(folder)).sort()).toEqual([
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'vocab.txt',
  ]);
  const again = await Tokenizer.load(folder);
  await rm(join(folder, 'tokenizer.json'));
  const fromVocabulary = await Tokenizer.load(folder);
  for (const tokenizer of [again, fromVocabulary]) {
    expect(tokenizer.vocabulary).toEqual(small.vocabulary);
    expect(tokenizer.maxLength).toBe(512);
    for (const [text, ids] of texts()) expect([...tokenizer.tokenize(text)]).toEqual(ids);
  }
});

test('a saved tokenizer keeps unknown settings and drops paths', async () => {
  const config = { name_or_path: '/home/me/model', clean_up_tokenization_spaces: true };
  await Tokenizer.fromJson(smallBertJson(), config).save(folder);
  const saved = JSON.parse(await readFile(join(folder, 'tokenizer_config.json'), 'utf8'));
  expect(saved.clean_up_tokenization_spaces).toBe(true);
  expect(JSON.stringify(saved)).not.toContain('/home');
});

describe('a trimmed vocabulary', () => {
  const keep = ['one', 'two', 'the', '##ing', 'no such token'];
  const { tokenizer, keptIds } = trimVocabulary(small, keep);

  test('has the wanted tokens with new ids without gaps, in the old order', () => {
    expect(keptIds.length).toBe(tokenizer.vocabulary.size);
    expect([...keptIds]).toEqual([...keptIds].sort((a, b) => a - b));
    for (const [token, id] of tokenizer.vocabulary) {
      expect(small.vocabulary.get(token)).toBe(keptIds[id]);
    }
    expect(tokenizer.vocabulary.has('no such token')).toBe(false);
  });

  test('lays out pairs with its own special ids', () => {
    const old = small.encodePair('one the', 'two', 16);
    const { inputIds } = tokenizer.encodePair('one the', 'two', 16);
    expect([...inputIds].map((id) => keptIds[id])).toEqual([...old.inputIds]);
    expect(tokenizer.specialTokenIds.separator).toBe(tokenizer.vocabulary.get('[SEP]'));
  });

  test('leaves no word of plain ASCII unknown', () => {
    const { unknown } = tokenizer.specialTokenIds;
    expect(tokenizer.tokenize('zebra_Crossing-42 {}')).not.toContain(unknown);
  });

  test('survives being saved and loaded', async () => {
    await tokenizer.save(folder);
    const again = await Tokenizer.load(folder);
    expect(again.encodePair('one', 'two', 9)).toEqual(tokenizer.encodePair('one', 'two', 9));
  });
});

describe('a broken or hostile tokenizer is refused with what is wrong', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a hostile file may hold anything anywhere
  type Json = Record<string, any>;
  const changed = (change: (json: Json) => void) => {
    const json = smallBertJson();
    change(json);
    return json;
  };

  test.each<[string, (json: Json) => void, string, RegExp]>([
    ['no model', (json) => delete json.model, 'malformed', /model is nothing/],
    ['no vocabulary', (json) => delete json.model.vocab, 'malformed', /model\.vocab/],
    ['an empty vocabulary', (json) => (json.model.vocab = {}), 'malformed', /empty/],
    ['one id for two tokens', (json) => (json.model.vocab.one = 3), 'malformed', /id 3 .* two/],
    ['an id that is no number', (json) => (json.model.vocab.one = 'x'), 'malformed', /"one","x"/],
    ['an id beyond all bounds', (json) => (json.model.vocab.one = 2 ** 31), 'malformed', /"one"/],
    ['no unknown token', (json) => (json.model.unk_token = '[NO]'), 'malformed', /\[NO\]/],
    ['another model type', (json) => (json.model.type = 'Magic'), 'unsupported', /"Magic"/],
    ['another normalizer', (json) => (json.normalizer = { type: 'X' }), 'unsupported', /X/],
    [
      'words of any length',
      (json) => (json.model.max_input_chars_per_word = 1e9),
      'malformed',
      /400/,
    ],
    ['an added token without id', (json) => (json.added_tokens = [{}]), 'malformed', /added token/],
    ['another post-processor', (json) => (json.post_processor.type = 'Y'), 'unsupported', /"Y"/],
    [
      'a template without texts',
      (json) => (json.post_processor.pair = []),
      'malformed',
      /A then B/,
    ],
    [
      'a template of strangers',
      (json) => (json.post_processor.special_tokens = {}),
      'malformed',
      /\[CLS\]/,
    ],
    [
      'a regular expression that never ends',
      (json) =>
        (json.pre_tokenizer = {
          type: 'Split',
          pattern: { Regex: '(a+)+$' },
          behavior: 'Isolated',
        }),
      'unsupported',
      /\(a\+\)\+\$/,
    ],
    [
      'a million merges',
      (json) => Object.assign(json.model, { type: 'BPE', merges: new Array(1e6).fill('a b') }),
      'too-large',
      /500000 merges/,
    ],
  ])('%s', (_, change, code, message) => {
    const error = (() => {
      try {
        return Tokenizer.fromJson(changed(change));
      } catch (e) {
        return e;
      }
    })();
    expect(error).toBeInstanceOf(TokenizerError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each<[string, string, RegExp]>([
    ['text that is not JSON', '{"model": ', /not valid JSON/],
    ['a list', '[]', /expected an object/],
    ['nesting without end', `{"model":${'['.repeat(1e6)}`, /levels deep/],
    ['a key said twice', '{"model":{"vocab":{"a":0,"a":1}}}', /"a" twice/],
  ])('a file with %s', async (_, text, message) => {
    const path = join(folder, 'tokenizer.json');
    await writeFile(path, text);
    const error = await Tokenizer.load(folder).catch((e) => e);
    expect(error).toBeInstanceOf(TokenizerError);
    expect(error.message).toContain(path);
    expect(error.message).toMatch(message);
  });

  test('a file of 200 MB, unread', async () => {
    await cp(smallBertFolder, folder, { recursive: true });
    await truncate(join(folder, 'tokenizer.json'), 200_000_000);
    await expect(Tokenizer.load(folder)).rejects.toMatchObject({ code: 'too-large' });
  });

  test('a folder with neither tokenizer.json nor vocab.txt', async () => {
    await expect(Tokenizer.load(folder)).rejects.toMatchObject({ code: 'missing' });
  });

  test('a vocab.txt without its special tokens', async () => {
    await writeFile(join(folder, 'vocab.txt'), 'one\ntwo\n');
    await expect(Tokenizer.load(folder)).rejects.toThrow(/unk_token \[UNK\]/);
  });

  test('a maximum length without room for the special tokens', () => {
    expect(() => small.encodePair('a', 'b', 2)).toThrow(/at least 3 tokens.*got 2/);
    expect(() => small.encodePair('a', 'b', Number.NaN)).toThrow(TokenizerError);
  });
});
