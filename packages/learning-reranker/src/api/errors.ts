/** Errors of the API: a code, a message and, if one field caused it, the field. */
import { type ErrorKind, kindOf } from '@learning-reranker/cross-encoder/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isDatabaseAway } from '../database/unreachable.js';
import { issuesOf, problemOf } from './validation-problem.js';

/** The body of every error on the product's own routes. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe('The kind of error, such as `not_found` or `invalid_request`.'),
      message: z.string().describe('What was expected, what was sent, and what to do.'),
      field: z.string().optional().describe('The field of the request that caused the error.'),
    }),
  })
  .meta({ id: 'Error' });

export type ErrorCode =
  | 'invalid_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'timeout'
  | 'conflict'
  | 'feature_disabled'
  | 'too_large'
  | 'unsupported_media_type'
  | 'overloaded'
  | 'caller_gone'
  | 'unavailable'
  | 'internal';

const statuses: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  timeout: 408,
  conflict: 409,
  feature_disabled: 409,
  too_large: 413,
  unsupported_media_type: 415,
  overloaded: 429,
  caller_gone: 499,
  unavailable: 503,
  internal: 500,
};

/** An error with its status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { field, retryAfterSeconds }: { field?: string; retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.status = statuses[code];
    this.field = field;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The code of an error that the caller can act on, by its kind. Other kinds hide their message: it may name paths. */
const codesOfKinds: Partial<Record<ErrorKind, ErrorCode>> = {
  invalid: 'invalid_request',
  malformed: 'invalid_request',
  'not-found': 'not_found',
  conflict: 'conflict',
  disabled: 'feature_disabled',
  overloaded: 'overloaded',
  interrupted: 'caller_gone',
};

/** Any error as the caller may see it. The message of an internal error goes to the log alone. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { field, message } = problemOf(issuesOf(error.validation));
    return invalid(field, message, error.validationContext ?? 'request');
  }
  if (error instanceof z.ZodError) {
    const { field, message } = problemOf(error.issues);
    return invalid(field, message, 'request');
  }
  const { statusCode, message } = error as Partial<FastifyError>;
  if (statusCode === 413) return new ApiError('too_large', 'The request body is too large.');
  if (statusCode === 415) {
    return new ApiError('unsupported_media_type', 'Expected Content-Type: application/json.');
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiError('invalid_request', String(message));
  }
  const kind = kindOf(error);
  const code = codesOfKinds[kind];
  if (code !== undefined) {
    const { retryAfterSeconds, field } = error as { retryAfterSeconds?: number; field?: string };
    return new ApiError(code, String(message), {
      ...(field !== undefined && { field }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
  if (isDatabaseAway(error)) {
    return new ApiError('unavailable', 'The database does not respond. Try again in a moment.', {
      retryAfterSeconds: 1,
    });
  }
  if (kind === 'busy' || kind === 'unavailable') {
    const message = 'The service cannot do this right now. Try again in a moment.';
    return new ApiError('unavailable', message, { retryAfterSeconds: 1 });
  }
  return new ApiError('internal', 'Internal error. See the log of the service.');
}

function invalid(field: string, message: string, where: string): ApiError {
  const sentence = `${field === '' ? where : field}: ${message}`;
  return new ApiError('invalid_request', sentence, field === '' ? {} : { field });
}

export function bodyOf({ code, message, field }: ApiError): z.infer<typeof errorSchema> {
  return { error: { code, message, ...(field !== undefined && { field }) } };
}

/** Logs errors of the service, and sets the headers that belong to an error. */
export function reportError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): ApiError {
  const refusal = apiErrorOf(error);
  if (refusal.code === 'internal') request.log.error({ err: error }, 'request failed');
  if (refusal.code === 'unavailable')
    request.log.warn({ err: error }, 'request failed: unavailable');
  // Clients ask for a key if the response names the authentication scheme.
  if (refusal.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  if (refusal.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(Math.ceil(refusal.retryAfterSeconds)));
  }
  return refusal;
}
