/** What the vendors' dialects share: limits, and errors in each one's own shape. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { AnsweredRerank, RerankCall } from '../answer-rerank.js';
import type { ServiceContext } from '../context.js';
import { documentRefusals, type Refusals } from '../document-refusals.js';
import { ApiError, tellRefusal } from '../errors.js';

/** Reranks for a dialect. */
export type Rerank = (call: RerankCall, reply: FastifyReply) => Promise<AnsweredRerank>;

/** Cohere's own limit. */
export const MOST_DOCUMENTS = 10_000;
/** Characters of one text; models read a few thousand, and a longer one is a mistake. */
export const LONGEST_TEXT = 2_000_000;

export const textSchema = z.string().max(LONGEST_TEXT);
export const documentsSchema = z.array(textSchema).min(1).max(MOST_DOCUMENTS);
export const topSchema = z
  .int()
  .min(0)
  .nullish()
  .describe('results at most; 0 is all, and what is set here when absent');

/** Warnings, in the words of an answer, for whoever reads no headers. */
export function warningsOf({ degraded, model }: AnsweredRerank): { warnings?: string[] } {
  if (model !== null) return {};
  const why = degraded === null ? 'no model is set to rerank' : `degraded: ${degraded}`;
  return { warnings: [`${why}; these are the documents in their original order`] };
}

/**
 * Refuses a field that forbids to cut pairs where the cloud reranks: nobody would know whether it was kept.
 * @throws {ApiError} naming the field
 */
export function refuseUncutByCloud({ engine }: ServiceContext, field: string): void {
  if (engine.provider !== 'cloud') return;
  const message = `${field}: the cloud service does not say which pairs it cuts; allow it to cut`;
  throw new ApiError('invalid_request', message, { field });
}

/** Answers errors of one dialect's routes in its own shape, and says so of each. */
export function errorsAs(
  app: FastifyInstance,
  refusals: Refusals,
  shape: (refusal: ApiError) => { status: number; body: object },
): void {
  documentRefusals(app, refusals);
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = shape(tellRefusal(error, request, reply));
    return reply.status(status).send(body);
  });
}
