/** Answers requests that no route takes: 405 for a known path with another method, which Fastify reports as 404. */
import type { FastifyInstance } from 'fastify';
import { ApiError, bodyOf } from './errors.js';

/** Knows the routes that are registered from now on. */
export function refuseUnknownAddresses(app: FastifyInstance): void {
  const routes: { readonly method: string; readonly path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const path = patternOf(url);
    for (const one of [method].flat()) routes.push({ method: one, path });
  });
  app.setNotFoundHandler(({ method, url }, reply) => {
    const asked = url.split('?')[0] ?? '';
    const here = routes.filter(({ path }) => path.test(asked));
    const methods = [...new Set(here.map((route) => route.method))];
    if (methods.length > 0) void reply.header('allow', methods.join(', '));
    const error = methods.length > 0 ? wrongMethod(method, methods) : unknownPath();
    void reply.status(error.status).send(bodyOf(error));
  });
}

/** A route's path as an expression, with any text in place of its parameters. */
function patternOf(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}

function wrongMethod(method: string, methods: readonly string[]): ApiError {
  const expected = methods.filter((one) => one !== 'HEAD').join(' or ');
  return new ApiError('method_not_allowed', `Expected ${expected}, got ${method}.`);
}

function unknownPath(): ApiError {
  return new ApiError('not_found', 'This path does not exist. See /docs for all paths.');
}
