/** Reads request bodies as JSON. */
import type { FastifyInstance } from 'fastify';
import { ApiError } from './errors.js';

/** An empty body counts as an empty object, because many requests need no field. */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') done(null, {});
    else {
      void parse(request, text as string, (error, body) =>
        done(error && parseError(error, text as string), body),
      );
    }
  });
  app.addHook('preValidation', async (request) => {
    const { 'content-length': length = '0', 'transfer-encoding': streamed } = request.headers;
    const isEmpty = length === '0' && streamed === undefined;
    if (isEmpty && request.routeOptions.schema?.body) request.body ??= {};
  });
}

/** The parser refuses some valid JSON, too: keys that could change the prototype of objects. */
function parseError(error: Error, text: string): Error {
  try {
    JSON.parse(text);
  } catch {
    return error;
  }
  return new ApiError(
    'invalid_request',
    'The keys __proto__ and constructor.prototype are not allowed in a request.',
  );
}
