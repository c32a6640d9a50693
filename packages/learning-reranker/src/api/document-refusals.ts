/** What every route may answer beside what it is for, as /docs has it. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

export interface Refusals {
  /** The body of a refusal. */
  readonly body: z.ZodType;
  /** The status of a request that is not as expected; 400 when absent. */
  readonly malformed?: number;
}

/** Adds the refusals to every route that is registered from now on; what a route says itself stands. */
export function documentRefusals(app: FastifyInstance, { body, malformed = 400 }: Refusals): void {
  app.addHook('onRoute', (route) => {
    if (!route.schema) return;
    const own = route.schema.response as object | undefined;
    const takesBody = [route.method].flat().some((method) => !/^(GET|HEAD|OPTIONS)$/.test(method));
    const statuses = [malformed, 401, 403, ...(takesBody ? [413, 415] : []), 503];
    const refusals = Object.fromEntries(statuses.map((status) => [status, body]));
    const answers = Object.keys(own ?? {}).some((status) => status.startsWith('2'));
    const stream = answers ? {} : { 200: z.any() };
    route.schema = { ...route.schema, response: { ...stream, ...refusals, ...own } };
  });
}
