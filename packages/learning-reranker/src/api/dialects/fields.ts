/** Fields, limits and values that several dialects share. */
import { z } from 'zod';
import type { AnsweredRerank } from '../answer-rerank.js';
import type { ServiceContext } from '../context.js';
import { ApiError } from '../errors.js';

/** Cohere's own limit. */
export const MOST_DOCUMENTS = 10_000;
/** Characters of one text. Models read a few thousand, so a longer text is a mistake. */
export const LONGEST_TEXT = 2_000_000;

export const textSchema = z.string().max(LONGEST_TEXT);
export const documentsSchema = z.array(textSchema).min(1).max(MOST_DOCUMENTS);
export const topSchema = z
  .int()
  .min(0)
  .nullish()
  .describe(
    'Maximum number of results. 0 returns all. The default is the setting AGRO_RERANKER_TOPN.',
  );
export const modelSchema = z
  .string()
  .max(200)
  .optional()
  .describe('Accepted and ignored: the live model ranks.');

/** The query and documents of the examples in `/docs`. */
export const exampleQuery = 'parse a date';
export const exampleTexts = ['function close(socket) {}', 'new Date(text)'];

/** Warnings in the body, for clients that do not read the headers. */
export function warningsOf({ degraded, model }: AnsweredRerank): { warnings?: string[] } {
  if (model !== null) return {};
  const reason = degraded === null ? 'no model is set up to rerank' : `degraded: ${degraded}`;
  return { warnings: [`${reason}; the documents are in their original order`] };
}

/**
 * Refuses a request that forbids truncation, because the cloud backend does not report what it truncates.
 * @throws {ApiError} naming the field
 */
export function refuseUncutByCloud({ engine }: ServiceContext, field: string): void {
  if (engine.provider !== 'cloud') return;
  const message = `${field}: the cloud backend does not report which pairs it truncates. Allow truncation.`;
  throw new ApiError('invalid_request', message, { field });
}
