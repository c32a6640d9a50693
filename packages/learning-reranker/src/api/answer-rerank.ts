/** Answers a rerank call of any dialect: reranks, measures, and logs the search. */
import { kindOf, TypedError } from '@learning-reranker/cross-encoder/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { idSchema } from '../feedback/schema.js';
import type { EngineAnswer, EngineRequest } from '../serving/engine.js';
import type { MeasuredRerank } from '../telemetry/metrics.js';
import type { ServiceContext } from './context.js';
import { ApiError } from './errors.js';

export interface RerankCall extends Omit<EngineRequest, 'signal'> {
  readonly dialect: string;
  /** Whether the results are logged as an impression that feedback can refer to; true when absent. */
  readonly log?: boolean | undefined;
  /** Whether a pair that is longer than the model reads is an error. */
  readonly refuseTruncated?: boolean | undefined;
  /** Whether an answer without the model's logits is an error. */
  readonly refuseWithoutLogits?: boolean | undefined;
  readonly clientId?: string | undefined;
  readonly userId?: string | undefined;
  readonly application?: string | undefined;
  readonly test?: boolean | undefined;
}

export interface AnsweredRerank extends EngineAnswer {
  readonly eventId: string;
}

/** The caller closed the connection, so nobody reads the answer and the log does not report it. */
class CallerGoneError extends TypedError {
  override readonly name = 'CallerGoneError';
  readonly kind = 'interrupted';
}

/** @throws {OverloadedError} {ApiError}, and {CallerGoneError} if the caller closes the connection */
export async function answerRerank(
  context: ServiceContext,
  call: RerankCall,
  reply: FastifyReply,
): Promise<AnsweredRerank> {
  const began = performance.now();
  const eventId = context.newId();
  const gone = goneSignal(reply);
  const caller = callerOf(call, reply.request.headers);
  const measure = (measured: Omit<MeasuredRerank, 'dialect' | 'seconds' | 'provider'>) =>
    context.metrics.rerank({
      dialect: call.dialect,
      provider: context.engine.provider,
      seconds: (performance.now() - began) / 1000,
      ...measured,
    });
  let answer: EngineAnswer;
  try {
    const topN = call.topN ?? context.settings.topN;
    answer = await context.engine.rerank({ ...call, topN, signal: gone });
  } catch (error) {
    const isOverloaded = kindOf(error) === 'overloaded';
    const outcome = isOverloaded ? 'overloaded' : gone.aborted ? 'cancelled' : 'failed';
    measure({ model: null, loss: null, outcome });
    throw error;
  }
  const { model, degraded, timings, usage } = answer;
  const isRefused = call.refuseTruncated === true && usage.truncatedPairs > 0;
  measure({
    model: model?.id ?? null,
    loss: model?.loss ?? null,
    outcome: isRefused ? 'refused' : degraded === null ? 'ok' : 'degraded',
    degradedReason: degraded,
    queueSeconds: timings.queueMs / 1000,
    tokenizeSeconds: timings.tokenizeMs / 1000,
    inferenceSeconds: timings.inferenceMs / 1000,
    pairs: usage.pairs,
    truncatedPairs: usage.truncatedPairs,
  });
  // Before the search is logged, because nobody sees refused results.
  if (call.refuseWithoutLogits === true && answer.results.some(({ logit }) => logit === null)) {
    throw new ApiError(
      'unavailable',
      `No model returned raw scores (${degraded ?? 'none is set up'}). Try again in a moment, or request scores instead.`,
      { retryAfterSeconds: 1 },
    );
  }
  if (isRefused) {
    throw new ApiError(
      'invalid_request',
      `${usage.truncatedPairs} pairs are longer than the model reads. Shorten them or allow truncation.`,
    );
  }
  setHeaders(reply, answer, eventId);
  if (call.log ?? true) logSearch(context, { ...call, ...caller }, answer, eventId);
  return { ...answer, eventId };
}

/** The client and user: from the request itself, or from headers where a vendor's format has no field for it. */
function callerOf(
  { clientId, userId }: RerankCall,
  headers: FastifyRequest['headers'],
): Pick<RerankCall, 'clientId' | 'userId'> {
  const inHeader = (name: string) => {
    if (headers[name] === undefined) return undefined;
    const parsed = idSchema.safeParse(headers[name]);
    if (parsed.success) return parsed.data;
    throw new ApiError('invalid_request', parsed.error.issues[0]?.message ?? '', { field: name });
  };
  return {
    clientId: clientId ?? inHeader('x-client-id'),
    userId: userId ?? inHeader('x-user-id'),
  };
}

/** Aborts if the caller closes the connection before the answer. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) {
      controller.abort(new CallerGoneError('the caller closed the connection'));
    }
  });
  return controller.signal;
}

function setHeaders(reply: FastifyReply, answer: EngineAnswer, eventId: string): void {
  const { model, degraded, timings } = answer;
  const milliseconds = (value: number) => value.toFixed(1);
  void reply
    .header('x-event-id', eventId)
    // A model may be named by its folder, in letters that a header cannot carry.
    .header('x-model-version', encodeURI(model?.id ?? 'none'))
    .header('x-loss', model?.loss ?? 'none')
    .header('x-queue-time', milliseconds(timings.queueMs))
    .header('x-tokenization-time', milliseconds(timings.tokenizeMs))
    .header('x-inference-time', milliseconds(timings.inferenceMs))
    .header('x-total-time', milliseconds(timings.totalMs));
  if (degraded !== null) void reply.header('x-degraded', degraded);
}

/** Logs without delaying the answer. */
function logSearch(
  context: ServiceContext,
  call: RerankCall,
  answer: EngineAnswer,
  eventId: string,
): void {
  // The time of the answer, not of the write, so that every click is later.
  const time = new Date().toISOString();
  context.shownLog.add(() => ({
    event_id: eventId,
    time,
    query: call.query,
    documents: answer.results.map(({ index, id, text, score }) => ({
      ...(id === undefined ? { index } : { id }),
      text,
      score,
    })),
    ...(call.clientId !== undefined && { client_id: call.clientId }),
    ...(call.userId !== undefined && { user_id: call.userId }),
    ...(call.application !== undefined && { application: call.application }),
    ...(call.test !== undefined && { test: call.test }),
    ...(answer.model && { model: answer.model.id }),
    ...(answer.model?.loss && { loss: answer.model.loss }),
    ...(answer.model?.runId && { run_id: answer.model.runId }),
  }));
}
