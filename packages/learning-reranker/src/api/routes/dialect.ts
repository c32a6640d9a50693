/** The routes of a rerank dialect. */
import type { FastifyInstance } from 'fastify';
import { answerRerank } from '../answer-rerank.js';
import type { ServiceContext } from '../context.js';
import type { Dialect } from '../dialects/dialect.js';
import { documentErrors, productErrors, refuseUnknown, reportErrors } from '../refusals.js';
import { route } from '../server.js';

export function dialectRoutes(
  app: FastifyInstance,
  context: ServiceContext,
  dialect: Dialect,
): void {
  const { name, errors = productErrors, examples } = dialect;
  if (errors === productErrors) refuseUnknown(app);
  reportErrors(app, errors);
  documentErrors(app, errors);
  for (const path of dialect.paths) {
    app.post(
      path,
      route('rerank', dialect.tag ?? 'dialects', {
        summary: dialect.summary,
        body: dialect.requestSchema,
        examples,
        response: { 200: dialect.answerSchema, 400: errors.schema, 429: errors.schema },
      }),
      async (request, reply) => {
        const call = dialect.toCall(request.body, context);
        const answer = await answerRerank(context, { ...call, dialect: name }, reply);
        return dialect.toAnswer(answer, request.body);
      },
    );
  }
  dialect.addRoutes?.(app, context);
}
