/** What nothing knows is refused, in an address and in a body: passed over, its sender would believe that it counted. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** Makes every route strict that is registered from now on. */
export function refuseUnknown(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    // Who looks whether a service is there may write into the address what they like.
    if (!route.schema || route.config?.scope === 'open') return;
    const { querystring = z.object({}), body } = route.schema;
    if (!(querystring instanceof z.ZodObject)) {
      throw new Error(`${route.url}: no object is asked for`);
    }
    const takesNothing = route.method === 'POST' && body === undefined;
    route.schema = {
      ...route.schema,
      querystring: querystring.strict(),
      ...(takesNothing && { body: z.strictObject({}) }),
    };
  });
}
