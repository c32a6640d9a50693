/** Reads a tokenizer from a Hugging Face folder and checks it: its vocabulary, its ids and its sizes. */
import { join } from 'node:path';
import { type JsonFileError, readJsonObject, readTextFile } from '../formats/json-file.js';
import { bertDefinition } from './bert-definition.js';
import {
  type AddedToken,
  type JsonRecord,
  type TokenizerDefinition,
  TokenizerError,
} from './tokenizer-definition.js';

const MAXIMUM_FILE_BYTES = 64 * 1024 * 1024;
const MAXIMUM_TOKENS = 1_000_000;
const MAXIMUM_MERGES = 500_000;
const MAXIMUM_ADDED_TOKENS = 10_000;
const MAXIMUM_WORD_LENGTH = 400;

/** A regular expression of a file may never finish. Only those of known tokenizers are accepted. */
const knownPatterns = new Set([' {2,}']);

/**
 * Reads `tokenizer.json`, or `vocab.txt` where there is none, with the configuration beside it.
 * @throws {TokenizerError} when files are missing, larger than 64 MB, or not a usable tokenizer.
 */
export async function readTokenizerDefinition(folder: string): Promise<TokenizerDefinition> {
  const config: Record<string, unknown> = {
    ...(await readJson(join(folder, 'special_tokens_map.json'))),
    ...(await readJson(join(folder, 'tokenizer_config.json'))),
  };
  const json = await readJson(join(folder, 'tokenizer.json'));
  if (json) return checkDefinition(json, config, join(folder, 'tokenizer.json'));
  const vocabulary = await readText(join(folder, 'vocab.txt'));
  if (vocabulary === undefined) {
    throw new TokenizerError(
      'missing',
      `${folder}: expected tokenizer.json or vocab.txt, found neither. Copy the tokenizer's files beside the weights.`,
    );
  }
  return checkDefinition(bertDefinition(vocabulary, config), config, join(folder, 'vocab.txt'));
}

/**
 * Checks a parsed `tokenizer.json` and completes it; `source` is named in errors.
 * @throws {TokenizerError} that names the wrong part and what was expected.
 */
export function checkDefinition(
  json: JsonRecord,
  config: JsonRecord,
  source = 'tokenizer.json',
): TokenizerDefinition {
  const model = recordOf(json.model, 'model', source);
  const addedTokens = checkAddedTokens(json.added_tokens ?? [], source);
  const vocabulary = checkVocabulary(model, source);
  for (const { content, id } of addedTokens) vocabulary.set(content, id);
  checkModel(model, vocabulary, source);
  for (const part of [json.normalizer, json.pre_tokenizer]) refuseUnknownPatterns(part, source);
  return {
    json: {
      ...json,
      // Stored truncation and padding are settings of the program that saved the file.
      truncation: null,
      padding: null,
      added_tokens: addedTokens,
      normalizer: optionalRecord(json.normalizer, 'normalizer', source),
      pre_tokenizer: optionalRecord(json.pre_tokenizer, 'pre_tokenizer', source),
      post_processor: optionalRecord(json.post_processor, 'post_processor', source),
      decoder: optionalRecord(json.decoder, 'decoder', source),
      model,
    },
    config,
    vocabulary,
  };
}

function checkVocabulary(model: JsonRecord, source: string): Map<string, number> {
  const listed = model.vocab;
  const entries: [unknown, unknown][] = Array.isArray(listed)
    ? listed.map((row, id) => [Array.isArray(row) ? row[0] : row, id])
    : Object.entries(recordOf(listed, 'model.vocab', source));
  atMost(entries.length, MAXIMUM_TOKENS, 'tokens', source);
  const vocabulary = new Map<string, number>();
  const taken = new Set<number>();
  for (const [token, id] of entries) {
    if (typeof token !== 'string' || !isTokenId(id)) {
      throw malformed(source, `the vocabulary entry ${show([token, id])} is not a token and an id`);
    }
    if (taken.has(id)) throw malformed(source, `the id ${id} is given to two tokens`);
    taken.add(id);
    vocabulary.set(token, id);
  }
  if (vocabulary.size === 0) throw malformed(source, 'the vocabulary is empty');
  return vocabulary;
}

function checkAddedTokens(value: unknown, source: string): AddedToken[] {
  if (!Array.isArray(value)) throw malformed(source, 'added_tokens is not a list');
  atMost(value.length, MAXIMUM_ADDED_TOKENS, 'added tokens', source);
  for (const token of value) {
    const { id, content } = recordOf(token, 'an added token', source);
    if (!isTokenId(id) || typeof content !== 'string' || content === '') {
      throw malformed(source, `the added token ${show(token)} has no content or no id`);
    }
  }
  return value as AddedToken[];
}

function checkModel(model: JsonRecord, vocabulary: Map<string, number>, source: string): void {
  const { type = 'WordPiece', unk_token: unknown, merges } = model;
  if (type !== 'WordPiece' && type !== 'BPE' && type !== 'Unigram') {
    throw new TokenizerError(
      'unsupported',
      `${source}: expected a model of type WordPiece, BPE or Unigram, got ${show(type)}.`,
    );
  }
  if (Array.isArray(merges)) atMost(merges.length, MAXIMUM_MERGES, 'merges', source);
  if (type !== 'WordPiece') return;
  if (typeof unknown !== 'string' || !vocabulary.has(unknown)) {
    throw malformed(source, `the unknown token ${show(unknown)} is not in the vocabulary`);
  }
  const longest = model.max_input_chars_per_word ?? 100;
  if (!Number.isInteger(longest) || Number(longest) < 1 || Number(longest) > MAXIMUM_WORD_LENGTH) {
    throw malformed(
      source,
      `max_input_chars_per_word is ${show(longest)}, expected 1 to ${MAXIMUM_WORD_LENGTH}`,
    );
  }
}

function refuseUnknownPatterns(part: unknown, source: string): void {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key === 'Regex' && !(typeof value === 'string' && knownPatterns.has(value))) {
      throw new TokenizerError(
        'unsupported',
        `${source}: the regular expression ${show(value)} does not belong to a known tokenizer and is not run.`,
      );
    }
    refuseUnknownPatterns(value, source);
  }
}

const readJson = (path: string) => reading(readJsonObject(path, MAXIMUM_FILE_BYTES));
const readText = (path: string) => reading(readTextFile(path, MAXIMUM_FILE_BYTES));

async function reading<T>(file: Promise<T>): Promise<T> {
  try {
    return await file;
  } catch (error) {
    const { code, message } = error as JsonFileError;
    throw new TokenizerError(code === 'too-large' ? code : 'malformed', message);
  }
}

function recordOf(value: unknown, what: string, source: string): JsonRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonRecord;
  }
  throw malformed(source, `${what} is ${show(value)}, expected an object`);
}

function optionalRecord(value: unknown, what: string, source: string): JsonRecord | null {
  return value === undefined || value === null ? null : recordOf(value, what, source);
}

function isTokenId(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 * MAXIMUM_TOKENS;
}

function atMost(count: number, maximum: number, what: string, source: string): void {
  if (count > maximum) {
    throw new TokenizerError(
      'too-large',
      `${source}: expected at most ${maximum} ${what}, got ${count}.`,
    );
  }
}

function malformed(source: string, what: string): TokenizerError {
  return new TokenizerError('malformed', `${source} is not a usable tokenizer: ${what}.`);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}
