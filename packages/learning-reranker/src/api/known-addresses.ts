/** Which addresses there are, to tell a wrong method from a wrong address: Fastify says 404 for both. */
import type { FastifyInstance } from 'fastify';

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

  /** The methods that an address takes; none where there is no such address. */
  methodsAt(path: string): string[] {
    const here = this.#routes.filter(({ address }) => address.test(path));
    return [...new Set(here.map(({ method }) => method))];
  }
}
