/** Creates, lists and revokes API keys. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { cleanText } from '../../records/clean-text.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { idParams, unknownId } from '../fields.js';
import { scopes } from '../keys.js';
import { route, typed } from '../server.js';

const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(scopes)),
    created: z.string(),
    revoked: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' });

export async function keyRoutes(instance: FastifyInstance, { keys }: ServiceContext) {
  const app = typed(instance);
  app.get(
    '/api/keys',
    route('admin', 'keys', {
      summary: 'List API keys',
      response: { 200: z.object({ keys: z.array(keySchema) }) },
    }),
    async () => ({ keys: (await keys.list()).map((key) => ({ ...key, scopes: [...key.scopes] })) }),
  );
  app.post(
    '/api/keys',
    route('admin', 'keys', {
      summary: 'Create an API key',
      description: 'The response is the only place that contains the key.',
      examples: {
        example: {
          summary: 'A key for a search application',
          value: { name: 'shop', scopes: ['rerank', 'feedback'] },
        },
      },
      body: z.strictObject({
        name: z
          .string()
          .min(1)
          .max(100)
          .transform((text) => cleanText(text)),
        scopes: z.array(z.enum(scopes)).min(1),
      }),
      response: { 201: z.object({ id: z.string(), key: z.string() }), 400: errorSchema },
    }),
    async ({ body }, reply) => reply.status(201).send(await keys.create(body.name, body.scopes)),
  );
  app.delete(
    '/api/keys/:id',
    route('admin', 'keys', {
      summary: 'Revoke an API key',
      params: idParams,
      response: { 200: z.object({ revoked: z.boolean() }), 400: errorSchema, 404: errorSchema },
    }),
    async ({ params: { id } }) => {
      if (await keys.revoke(id)) return { revoked: true };
      throw unknownId('active key', '/api/keys');
    },
  );
}
