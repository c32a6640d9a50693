/** How a plugin's routes refuse requests: in one error format, which `/docs` lists for each route. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type ApiError, bodyOf, errorSchema, reportError } from './errors.js';

export interface ErrorFormat {
  /** The body of an error. */
  readonly schema: z.ZodType;
  /** The status of an invalid request; 400 when absent. */
  readonly invalidStatus?: number;
  format(error: ApiError): { readonly status: number; readonly body: object };
}

export const productErrors: ErrorFormat = {
  schema: errorSchema,
  format: (error) => ({ status: error.status, body: bodyOf(error) }),
};

/** Reports all errors of a plugin in one format. */
export function reportErrors(app: FastifyInstance, errors: ErrorFormat): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = errors.format(reportError(error, request, reply));
    return reply.status(status).send(body);
  });
}

/** Documents the errors of all routes that are registered from now on. A response that a route defines stays. */
export function documentErrors(app: FastifyInstance, errors: ErrorFormat): void {
  const { schema, invalidStatus = 400 } = errors;
  app.addHook('onRoute', (route) => {
    if (!route.schema) return;
    const own = (route.schema.response ?? {}) as Readonly<Record<string, unknown>>;
    const takesBody = [route.method].flat().some((method) => !/^(GET|HEAD|OPTIONS)$/.test(method));
    const statuses = [invalidStatus, 401, 403, ...(takesBody ? [413, 415] : []), 503];
    const refusals = Object.fromEntries(statuses.map((status) => [status, schema]));
    const hasAnswer = Object.keys(own).some((status) => status.startsWith('2'));
    const response = { ...(!hasAnswer && { 200: z.any() }), ...refusals, ...own };
    route.schema = { ...route.schema, response };
  });
}

const emptyBody = {
  body: z.strictObject({}),
  examples: { example: { summary: 'No fields', value: {} } },
};

/**
 * Refuses query parameters and, in a POST request without a body of its own, fields that a route does not know:
 * a caller would believe that an ignored one has an effect. Applies to all routes that are registered from now on.
 */
export function refuseUnknown(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    // Health checks may add parameters of their own.
    if (!route.schema || route.config?.scope === 'open') return;
    const { querystring = z.object({}), body } = route.schema;
    if (!(querystring instanceof z.ZodObject)) {
      throw new Error(`${route.url}: expected an object schema for the query parameters`);
    }
    const takesNothing = route.method === 'POST' && body === undefined;
    route.schema = {
      ...(takesNothing && emptyBody),
      ...route.schema,
      querystring: querystring.strict(),
    };
  });
}
