/** Reads an evaluation dataset: questions, each with the paths expected in its results. */

import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { CodedError } from '@learning-reranker/cross-encoder/errors';
import { z } from 'zod';
import { cleanJson } from '../../records/clean-text.js';

/** A question of an evaluation dataset. */
export interface EvaluationQuestion {
  readonly query: string;
  /** The name of a repository; empty for any. */
  readonly repo: string;
  /** Parts of the paths of its relevant documents. */
  readonly expectPaths: readonly string[];
}

/** An evaluation dataset that cannot be used. */
export class EvaluationDatasetError extends CodedError<
  'unreadable-file' | 'not-an-evaluation-dataset' | 'malformed-entry' | 'bad-train-share'
> {
  override readonly name = 'EvaluationDatasetError';
  readonly kind = 'malformed';
}

const filled = z.string().regex(/\S/);
const entrySchema = z
  .object({
    q: filled.optional(),
    query: filled.optional(),
    question: filled.optional(),
    repo: z.string().nullish(),
    expect_paths: z.union([filled.transform((path) => [path]), z.array(filled).min(1)]),
  })
  .refine(({ q, query, question }) => (q ?? query ?? question) !== undefined, {
    error: 'has no q',
  });

/**
 * Reads a JSON array of `{q, repo, expect_paths}`. `q` may also be called `query` or `question`.
 * Entries without a question and without paths, such as comments, are skipped. Malformed entries count from 1.
 * @throws {EvaluationDatasetError} when the file is not such an array; with `strict` also at the
 *   first malformed entry.
 */
export async function readEvaluationQuestions(
  path: string,
  options: { readonly strict?: boolean | undefined } = {},
) {
  const questions: EvaluationQuestion[] = [];
  const malformed: { entry: number; problem: string }[] = [];
  for (const [index, value] of (await readEntries(path)).entries()) {
    if (isComment(value)) continue;
    const parsed = entrySchema.safeParse(value);
    if (parsed.success) {
      const { q, query, question, repo, expect_paths } = parsed.data;
      questions.push({
        query: (q ?? query ?? question ?? '').trim(),
        repo: repo ?? '',
        expectPaths: expect_paths,
      });
      continue;
    }
    const [issue] = parsed.error.issues;
    const problem = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim();
    if (options.strict) {
      throw new EvaluationDatasetError(
        'malformed-entry',
        `${path}, entry ${index + 1}: ${problem}. Expected {q, repo, expect_paths}. Fix or remove it, or read without --strict to skip it.`,
      );
    }
    malformed.push({ entry: index + 1, problem });
  }
  return { questions, malformed };
}

async function readEntries(path: string): Promise<unknown[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'the file does not exist' : message;
    throw new EvaluationDatasetError('unreadable-file', `Cannot read ${path}: ${problem}.`);
  }
  const refuse = (problem: string): never => {
    throw new EvaluationDatasetError(
      'not-an-evaluation-dataset',
      `${path} ${problem}. Expected a JSON array of {"q": "...", "repo": "...", "expect_paths": ["..."]}.`,
    );
  };
  let value: unknown;
  try {
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
    value = cleanJson(JSON.parse(new TextDecoder(encoding, { fatal: true }).decode(bytes)));
  } catch {
    return refuse('is not JSON in UTF-8');
  }
  return Array.isArray(value) ? value : refuse('is not an array');
}

function isComment(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (value === null || typeof value !== 'object') return false;
  return !['q', 'query', 'question', 'expect_paths'].some((key) => key in value);
}
