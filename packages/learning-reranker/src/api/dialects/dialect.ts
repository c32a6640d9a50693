/** A rerank dialect: a vendor's request and response format, translated to and from one rerank call. */
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { RequestExample } from '../../operations/operation.js';
import type { AnsweredRerank, RerankCall } from '../answer-rerank.js';
import type { ServiceContext } from '../context.js';
import type { ErrorFormat } from '../refusals.js';

/**
 * All that the service knows of a dialect. Routes, `/docs` and metrics follow from it.
 * A new dialect is one file here and one line in `index.ts`.
 */
export interface Dialect<
  Request extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** Its value of the `dialect` label in metrics. */
  readonly name: string;
  /** The products whose clients it serves, such as `Cohere v2`; absent for the product's own format. */
  readonly vendors?: readonly string[];
  /** The group of its routes in `/docs`; `dialects` when absent. */
  readonly tag?: string;
  readonly summary: string;
  /** The paths that accept a POST request in this format. */
  readonly paths: readonly string[];
  readonly requestSchema: Request;
  readonly answerSchema: Answer;
  /** Requests that `/docs` shows, by name. Tests send each of them. */
  readonly examples: Readonly<Record<string, RequestExample<z.input<Request>>>>;
  /** How errors look. When absent: as on the product's own routes, which also refuse unknown query parameters. */
  readonly errors?: ErrorFormat;
  /** Translates a request. @throws {ApiError} for a request that the service cannot serve */
  toCall(request: z.output<Request>, context: ServiceContext): Omit<RerankCall, 'dialect'>;
  /** Translates the answer to a request. */
  toAnswer(answer: AnsweredRerank, request: z.output<Request>): z.output<Answer>;
  /** Adds routes beside `paths`, such as one that describes the model. */
  addRoutes?(app: FastifyInstance, context: ServiceContext): void;
}

/** Checks a dialect's translations against its schemas. */
export function defineDialect<Request extends z.ZodType, Answer extends z.ZodType>(
  dialect: Dialect<Request, Answer>,
): Dialect {
  return dialect;
}

/** The products whose clients these dialects serve, as text. */
export function vendorNames(of: readonly Dialect[]): string {
  const names = of.flatMap(({ vendors = [] }) => vendors);
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(names);
}
