/** All routes: those of the product, and those of every rerank dialect. */
import type { FastifyInstance } from 'fastify';
import type { ServiceContext } from '../context.js';
import type { Dialect } from '../dialects/dialect.js';
import { documentErrors, productErrors, refuseUnknown } from '../refusals.js';
import { baselineRoutes } from './baseline.js';
import { configRoutes } from './config.js';
import { dialectRoutes } from './dialect.js';
import { evaluationDatasetRoutes } from './evaluation-datasets.js';
import { feedbackRoutes } from './feedback.js';
import { healthRoutes } from './health.js';
import { jobRoutes } from './jobs.js';
import { judgmentRoutes } from './judgments.js';
import { keyRoutes } from './keys.js';
import { latestEvaluationRoutes } from './latest-evaluation.js';
import { lossRoutes } from './losses.js';
import { modelRoutes } from './models.js';
import { rerankerRoutes } from './reranker.js';
import { runRoutes } from './runs.js';
import { scheduleRoutes } from './schedules.js';
import { ubiRoutes } from './ubi.js';

const productRoutes = [
  healthRoutes,
  feedbackRoutes,
  ubiRoutes,
  judgmentRoutes,
  rerankerRoutes,
  jobRoutes,
  latestEvaluationRoutes,
  runRoutes,
  scheduleRoutes,
  lossRoutes,
  modelRoutes,
  baselineRoutes,
  evaluationDatasetRoutes,
  configRoutes,
  keyRoutes,
];

export async function registerRoutes(
  app: FastifyInstance,
  context: ServiceContext,
  dialects: readonly Dialect[],
): Promise<void> {
  for (const routes of productRoutes) {
    await app.register((instance) => {
      refuseUnknown(instance);
      documentErrors(instance, productErrors);
      return routes(instance, context);
    });
  }
  for (const dialect of dialects) {
    await app.register((instance) => dialectRoutes(instance, context, dialect));
  }
}
