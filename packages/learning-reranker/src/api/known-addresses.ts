/** Which addresses there are, to tell a wrong method from a wrong address: Fastify says 404 for both. */
import type { FastifyInstance } from 'fastify';
import { ApiError } from './errors.js';

export class KnownAddresses {
  readonly #routes: { readonly method: string; readonly address: RegExp }[] = [];

  /** Hears of the routes that are registered from now on. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ method, url }) => {
      const pattern = url
        .split('/')
        .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&')))
        .join('/');
      const address = new RegExp(`^${pattern}$`);
      for (const one of [method].flat()) this.#routes.push({ method: one, address });
    });
  }

  refusalOf(method: string, path: string): ApiError {
    const here = this.#routes.filter(({ address }) => address.test(path));
    const others = [...new Set(here.map((route) => route.method))].filter((one) => one !== 'HEAD');
    return others.length > 0
      ? new ApiError('method_not_allowed', `expected ${others.join(' or ')}, got ${method}`)
      : new ApiError('not_found', 'there is nothing at this address; /docs lists what there is');
  }
}
