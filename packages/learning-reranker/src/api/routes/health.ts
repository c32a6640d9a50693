/** Is it there, can it answer, and what does it measure. */
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { z } from 'zod';
import type { ServiceContext } from '../context.js';
import { typed } from '../server.js';

const modelSchema = z
  .object({
    id: z.string(),
    loss: z.string().nullable().describe('the SBERT class of the loss that made it'),
    run_id: z.string().nullable(),
  })
  .nullable();

export async function healthRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { metrics } = context;
  app.get(
    '/health',
    {
      config: { scope: 'open' },
      schema: {
        tags: ['service'],
        summary: 'Whether the service runs',
        response: {
          200: z.object({
            status: z.literal('ok'),
            version: z.string(),
            instance: z.string().describe('which start of the service this is'),
          }),
        },
      },
    },
    async () => ({ status: 'ok' as const, version: context.version, instance: context.instance }),
  );
  const readySchema = z.object({
    ready: z.boolean(),
    database: z.boolean(),
    model: modelSchema.describe('what answers rerank requests; null while there is none'),
  });
  app.get(
    '/ready',
    {
      config: { scope: 'open' },
      schema: {
        tags: ['service'],
        summary: 'Whether it can answer: database and model',
        response: { 200: readySchema, 503: readySchema },
      },
    },
    async (_request, reply) => {
      const database = await sql`select 1`.execute(context.db).then(
        () => true,
        () => false,
      );
      const current = context.engine.current();
      const model = current && { id: current.id, loss: current.loss, run_id: current.runId };
      const ready = database && (model !== null || context.settings.backend !== 'local-learning');
      return reply.status(ready ? 200 : 503).send({ ready, database, model });
    },
  );
  app.get(
    '/metrics',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['service'],
        summary: 'Prometheus metrics',
        produces: ['text/plain', 'application/json'],
      },
    },
    async (_request, reply) => {
      // Without the database there is still all that this process measured itself.
      await context.measureJobs().catch(() => undefined);
      return reply.header('content-type', metrics.contentType).send(await metrics.text());
    },
  );
}
