/** The evaluation dataset: queries with the paths expected among their results. Nothing trains on it. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  EvaluationDatasetStore,
  keptSampleSchema,
  sampleInputSchema,
} from '../../mining/evaluation-dataset-store.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { idParams, unknownId } from '../fields.js';
import { route, typed } from '../server.js';

const sampleSchema = keptSampleSchema.meta({ id: 'EvaluationSample' });
const path = '/api/evaluation-datasets';
const examples = {
  example: {
    summary: 'A query and the path of its relevant document',
    value: { q: 'where are dates parsed', expect_paths: ['src/dates.js'] },
  },
};

export async function evaluationDatasetRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const store = new EvaluationDatasetStore(context.settings.dataDir);
  const unknown = () => unknownId('evaluation sample', path);
  app.get(
    path,
    route('read', 'evaluation', {
      summary: 'List all evaluation samples',
      response: { 200: z.object({ samples: z.array(sampleSchema), count: z.int() }) },
    }),
    async () => {
      const samples = await store.list();
      return { samples, count: samples.length };
    },
  );
  app.post(
    path,
    route('train', 'evaluation', {
      summary: 'Add evaluation samples',
      description: 'Send one sample or an array of samples.',
      examples,
      body: z.union([sampleInputSchema, z.array(sampleInputSchema).min(1).max(10_000)]),
      response: { 201: z.object({ samples: z.array(sampleSchema) }), 400: errorSchema },
    }),
    async ({ body }, reply) => {
      const samples = await store.add(Array.isArray(body) ? body : [body]);
      return reply.status(201).send({ samples });
    },
  );
  app.put(
    `${path}/:id`,
    route('train', 'evaluation', {
      summary: 'Replace an evaluation sample',
      params: idParams,
      examples,
      body: sampleInputSchema,
      response: { 200: sampleSchema, 400: errorSchema, 404: errorSchema },
    }),
    async ({ params: { id }, body }) => {
      const replaced = await store.replace(id, body);
      if (replaced) return replaced;
      throw unknown();
    },
  );
  app.delete(
    `${path}/:id`,
    route('train', 'evaluation', {
      summary: 'Remove an evaluation sample',
      params: idParams,
      response: { 200: z.object({ removed: z.boolean() }), 404: errorSchema },
    }),
    async ({ params: { id } }) => {
      if (await store.remove(id)) return { removed: true };
      throw unknown();
    },
  );
}
