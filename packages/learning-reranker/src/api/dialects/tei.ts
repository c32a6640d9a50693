/** The rerank API of Text Embeddings Inference: `texts` in the request, an array of scores in the response. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { querySchema } from '../../feedback/schema.js';
import type { ServiceContext } from '../context.js';
import { ApiError } from '../errors.js';
import { route, typed } from '../server.js';
import { defineDialect } from './dialect.js';
import {
  exampleQuery,
  exampleTexts,
  MOST_DOCUMENTS,
  refuseUncutByCloud,
  textSchema,
} from './fields.js';

/** The only invalid request that TEI answers with 400; the others are 422. */
class EmptyTextsError extends ApiError {
  constructor() {
    super('invalid_request', '`texts` cannot be empty', { field: 'texts' });
  }
}

function formatError(error: ApiError) {
  const { status, code, message } = error;
  if (error instanceof EmptyTextsError) return { status, body: bodyOf(message, 'Empty') };
  if (code === 'overloaded') return { status, body: bodyOf(message, 'Overloaded') };
  if (status >= 500) return { status, body: bodyOf(message, 'Backend') };
  return { status: status === 400 ? 422 : status, body: bodyOf(message, 'Validation') };
}

const bodyOf = (error: string, error_type: string) => ({ error, error_type });

export const tei = defineDialect({
  name: 'tei',
  vendors: ['Text Embeddings Inference (TEI)'],
  summary: 'Rerank in the format of Text Embeddings Inference',
  paths: ['/tei/rerank'],
  requestSchema: z
    .looseObject({
      query: querySchema,
      texts: z.array(textSchema).max(MOST_DOCUMENTS),
      raw_scores: z.boolean().default(false).describe('Return logits instead of scores.'),
      return_text: z.boolean().default(false),
      truncate: z
        .boolean()
        .nullish()
        .describe('If false, a pair that is longer than the model reads is an error.'),
      truncation_direction: z
        .enum(['right', 'Right'], { error: 'texts are truncated at the end: expected "right"' })
        .nullish(),
    })
    .meta({ id: 'TeiRerank' }),
  answerSchema: z
    .array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }))
    .meta({ id: 'TeiAnswer' }),
  examples: {
    example: {
      summary: 'Rerank two documents and return their texts',
      value: { query: exampleQuery, texts: exampleTexts, return_text: true },
    },
  },
  errors: {
    schema: z.object({ error: z.string(), error_type: z.string() }).meta({ id: 'TeiError' }),
    invalidStatus: 422,
    format: formatError,
  },
  toCall: ({ query, texts, raw_scores, truncate }, context) => {
    if (texts.length === 0) throw new EmptyTextsError();
    if (raw_scores) refuseWithoutLogits(context);
    if (truncate === false) refuseUncutByCloud(context, 'truncate');
    return {
      query,
      documents: texts.map((text) => ({ text })),
      // TEI scores every text and has no limit to the results.
      topN: 0,
      refuseTruncated: truncate === false,
      refuseWithoutLogits: raw_scores,
    };
  },
  toAnswer: ({ results }, { raw_scores, return_text }) =>
    results.map(({ index, score, logit, text }) => ({
      index,
      score: (raw_scores ? logit : null) ?? score,
      ...(return_text && { text }),
    })),
  addRoutes: addInfo,
});

/** @throws {ApiError} if the backend never gives logits */
function refuseWithoutLogits({ engine }: ServiceContext): void {
  if (engine.provider === 'local-learning') return;
  const backend = engine.provider === 'cloud' ? 'the cloud backend' : 'a service without a model';
  const message = `raw_scores: ${backend} gives no raw scores. Leave raw_scores out.`;
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

function addInfo(app: FastifyInstance, { engine, settings, version }: ServiceContext): void {
  typed(app).get(
    '/tei/info',
    route('read', 'dialects', {
      summary: 'Describe the live model in the format of Text Embeddings Inference',
      response: { 200: infoSchema },
    }),
    async () => {
      const model = engine.current();
      return {
        model_id: model?.id ?? 'none',
        model_sha: model?.runId ?? null,
        model_dtype: settings.dtype,
        model_type: { reranker: { loss: model?.loss ?? null } },
        max_input_length: settings.maxLength,
        max_client_batch_size: MOST_DOCUMENTS,
        version,
      };
    },
  );
}
