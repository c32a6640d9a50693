/** Health, readiness and metrics of the service. */
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { z } from 'zod';
import type { ServiceContext } from '../context.js';
import { lossField } from '../fields.js';
import { route, typed } from '../server.js';

const modelSchema = z
  .object({
    id: z.string(),
    loss: lossField.nullable(),
    run_id: z.string().nullable(),
  })
  .nullable();

export async function healthRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { metrics } = context;
  app.get(
    '/health',
    route('open', 'service', {
      summary: 'Check whether the service runs',
      response: {
        200: z.object({
          status: z.literal('ok'),
          version: z.string(),
          instance: z.string().describe('Identifies this start of the service.'),
        }),
      },
    }),
    async () => ({ status: 'ok' as const, version: context.version, instance: context.instance }),
  );
  const readySchema = z.object({
    ready: z.boolean(),
    database: z.boolean(),
    model: modelSchema.describe('The live model; null if none is loaded.'),
  });
  app.get(
    '/ready',
    route('open', 'service', {
      summary: 'Check whether the database and the model are ready',
      response: { 200: readySchema, 503: readySchema },
    }),
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
    route('read', 'service', {
      summary: 'Get metrics in the Prometheus text format',
      produces: ['text/plain', 'application/json'],
    }),
    async (_request, reply) => {
      // Without the database, the metrics of this process are still there.
      await context.measureJobs().catch(() => undefined);
      return reply.header('content-type', metrics.contentType).send(await metrics.text());
    },
  );
}
