/** The fixtures that Python's tokenizers wrote: a small BERT tokenizer and what it makes of texts. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const fixtures = new URL('../fixtures/tokenization/', import.meta.url);

export const smallBertFolder = fileURLToPath(new URL('small-bert', fixtures));

const read = (name: string) => JSON.parse(readFileSync(new URL(name, fixtures), 'utf8'));

/** The parsed `tokenizer.json`, a fresh copy each time. */
export const smallBertJson = (): Record<string, never> => read('small-bert/tokenizer.json');

/** Texts with their ids by the uncased tokenizer and by a cased one that keeps ideographs together. */
export const texts = (): [text: string, uncased: number[], cased: number[]][] => read('texts.json');

export const pairs = (): {
  lengths: [first: number, second: number, room: number, keptFirst: number, keptSecond: number][];
  pairs: [query: string, document: string, maxLength: number, ids: number[], types: number[]][];
} => read('pairs.json');
