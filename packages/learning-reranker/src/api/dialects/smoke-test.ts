/** A rerank of two fixed documents, which shows whether everything works. */
import { z } from 'zod';
import { querySchema } from '../../feedback/schema.js';
import { defineDialect } from './dialect.js';
import { exampleQuery } from './fields.js';

const documents = [
  { text: 'function closeSocket(socket) { socket.end(); }' },
  { text: 'function parseDate(text) { return new Date(text); }' },
];

export const smokeTest = defineDialect({
  name: 'smoketest',
  tag: 'service',
  summary: 'Rerank two fixed documents and report the result',
  paths: ['/api/reranker/smoketest'],
  requestSchema: z.strictObject({ query: querySchema.max(1000).default(exampleQuery) }),
  answerSchema: z.object({
    ok: z.boolean(),
    reranked: z.boolean(),
    logged: z.boolean(),
    results_count: z.int(),
    event_id: z.string(),
    model: z.string().nullable(),
    loss: z.string().nullable(),
    reason: z.string().nullable(),
    milliseconds: z.number(),
  }),
  examples: { example: { summary: 'Use the default query', value: {} } },
  toCall: ({ query }) => ({ query, documents, test: true }),
  toAnswer: (answer) => ({
    ok: answer.degraded === null,
    reranked: answer.model !== null,
    logged: true,
    results_count: answer.results.length,
    event_id: answer.eventId,
    model: answer.model?.id ?? null,
    loss: answer.model?.loss ?? null,
    reason: answer.degraded,
    milliseconds: answer.timings.totalMs,
  }),
});
