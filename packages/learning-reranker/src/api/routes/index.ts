/** Everything that answers: the product's own routes, and the vendors' dialects over the same engine. */
import type { FastifyInstance } from 'fastify';
import { answerRerank } from '../answer-rerank.js';
import type { ServiceContext } from '../context.js';
import { cohereDialect } from '../dialects/cohere.js';
import type { Rerank } from '../dialects/dialect.js';
import { teiDialect } from '../dialects/tei.js';
import { voyageDialect } from '../dialects/voyage.js';
import { documentRefusals } from '../document-refusals.js';
import { errorSchema } from '../errors.js';
import { refuseUnknown } from '../refuse-unknown.js';
import { baselineRoutes } from './baseline.js';
import { configRoutes } from './config.js';
import { evaluationDatasetRoutes } from './evaluation-datasets.js';
import { feedbackRoutes } from './feedback.js';
import { healthRoutes } from './health.js';
import { jobRoutes } from './jobs.js';
import { judgmentRoutes } from './judgments.js';
import { keyRoutes } from './keys.js';
import { latestEvaluationRoutes } from './latest-evaluation.js';
import { lossRoutes } from './losses.js';
import { modelRoutes } from './models.js';
import { rerankRoutes } from './rerank.js';
import { rerankerRoutes } from './reranker.js';
import { runRoutes } from './runs.js';
import { scheduleRoutes } from './schedules.js';
import { ubiRoutes } from './ubi.js';

export async function registerRoutes(app: FastifyInstance, context: ServiceContext): Promise<void> {
  const own = [
    healthRoutes,
    rerankRoutes,
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
  for (const routes of own) {
    await app.register((instance) => {
      refuseUnknown(instance);
      documentRefusals(instance, { body: errorSchema });
      return routes(instance, context);
    });
  }
  const rerank: Rerank = (call, reply) => answerRerank(context, call, reply);
  await app.register(cohereDialect(rerank));
  await app.register(voyageDialect(rerank, context));
  await app.register(teiDialect(rerank, context));
}
