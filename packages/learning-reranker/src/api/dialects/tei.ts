/** Text Embeddings Inference's rerank: `texts` in, a bare array of scores out. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { querySchema } from '../../feedback/index.js';
import type { ServiceContext } from '../context.js';
import { ApiError } from '../errors.js';
import { typed } from '../server.js';
import {
  errorsAs,
  MOST_DOCUMENTS,
  type Rerank,
  refuseUncutByCloud,
  textSchema,
} from './dialect.js';

const errorSchema = z
  .object({ error: z.string(), error_type: z.string() })
  .meta({ id: 'TeiError' });

const requestSchema = z
  .looseObject({
    query: querySchema,
    texts: z.array(textSchema).max(MOST_DOCUMENTS),
    raw_scores: z.boolean().default(false),
    return_text: z.boolean().default(false),
    truncate: z.boolean().nullish().describe('false refuses a pair that does not fit'),
    truncation_direction: z
      .enum(['right', 'Right'], { error: 'texts are cut at their end alone: expected "right"' })
      .nullish(),
  })
  .meta({ id: 'TeiRerank' });

const answerSchema = z
  .array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }))
  .meta({ id: 'TeiAnswer' });

/** @throws {ApiError} where the backend that is set never gives logits: no other score is one. */
function refuseWithoutLogits({ engine }: ServiceContext): void {
  if (engine.provider === 'local-learning') return;
  const who = engine.provider === 'cloud' ? 'the cloud service' : 'a service without a model';
  const message = `raw_scores: ${who} gives no raw scores; leave them out`;
  throw new ApiError('invalid_request', message, { field: 'raw_scores' });
}

const infoSchema = z
  .object({
    model_id: z.string(),
    model_sha: z.string().nullable(),
    model_dtype: z.string(),
    model_type: z.object({ reranker: z.object({ loss: z.string().nullable() }) }),
    max_input_length: z.int(),
    max_client_batch_size: z.int(),
    version: z.string(),
  })
  .meta({ id: 'TeiInfo' });

export function teiDialect(rerank: Rerank, context: ServiceContext) {
  return async (instance: FastifyInstance) => {
    errorsAs(instance, { body: errorSchema, malformed: 422 }, ({ status, code, message }) => {
      const isOverloaded = code === 'overloaded';
      const error_type = isOverloaded ? 'Overloaded' : status < 500 ? 'Validation' : 'Backend';
      return { status: status === 400 ? 422 : status, body: { error: message, error_type } };
    });
    const app = typed(instance);
    app.post(
      '/tei/rerank',
      {
        config: { scope: 'rerank' },
        schema: {
          tags: ['dialects'],
          summary: "Rerank in TEI's dialect",
          body: requestSchema,
          response: { 200: answerSchema, 400: errorSchema, 429: errorSchema },
        },
      },
      async (request, reply) => {
        const { query, texts, raw_scores, return_text, truncate } = request.body;
        // Of all that is wrong only this is a 400 there.
        if (texts.length === 0) {
          return reply.status(400).send({ error: '`texts` cannot be empty', error_type: 'Empty' });
        }
        if (raw_scores) refuseWithoutLogits(context);
        if (truncate === false) refuseUncutByCloud(context, 'truncate');
        const call = {
          dialect: 'tei',
          log: true,
          query,
          documents: texts.map((text) => ({ text })),
          // There a score for every text is all that can be asked for.
          topN: 0,
          refuseTruncated: truncate === false,
          refuseWithoutLogits: raw_scores,
        };
        const { results } = await rerank(call, reply);
        return results.map((result) => ({
          index: result.index,
          score: (raw_scores ? result.logit : null) ?? result.score,
          ...(return_text && { text: result.text }),
        }));
      },
    );
    app.get(
      '/tei/info',
      {
        config: { scope: 'read' },
        schema: {
          tags: ['dialects'],
          summary: 'The model that answers',
          response: { 200: infoSchema },
        },
      },
      async () => {
        const model = context.engine.current();
        return {
          model_id: model?.id ?? 'none',
          model_sha: model?.runId ?? null,
          model_dtype: context.settings.dtype,
          model_type: { reranker: { loss: model?.loss ?? null } },
          max_input_length: context.settings.maxLength,
          max_client_batch_size: MOST_DOCUMENTS,
          version: context.version,
        };
      },
    );
  };
}
