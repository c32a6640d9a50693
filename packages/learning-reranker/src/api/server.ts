/** The HTTP server: checks callers, reads requests and reports errors. */
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifySchema,
  LogController,
} from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { checkCaller, checkKey, isLoopback } from './caller-check.js';
import type { ServiceContext } from './context.js';
import { type Dialect, vendorNames } from './dialects/dialect.js';
import { readJson } from './json-body.js';
import type { Scope } from './keys.js';
import { refuseAddress, refuseConnection } from './malformed-requests.js';
import { openapiOptions } from './openapi.js';
import { productErrors, reportErrors } from './refusals.js';
import { refuseUnknownAddresses } from './unknown-addresses.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs; `open` needs no key. */
    scope?: Scope | 'open';
  }
}

/** An app whose handlers are typed by their Zod schemas. */
export function typed(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>();
}

/** The options of a route: the scope that a key needs, the group in `/docs`, and the schemas. */
export function route<Schema extends FastifySchema>(
  scope: Scope | 'open',
  tag: string,
  schema: Schema,
) {
  return { config: { scope }, schema: { tags: [tag], ...schema } };
}

export interface ServerOptions {
  readonly context: ServiceContext;
  readonly version: string;
  readonly dialects: readonly Dialect[];
  /** Registers all routes. */
  readonly routes: (
    app: FastifyInstance,
    context: ServiceContext,
    dialects: readonly Dialect[],
  ) => Promise<void>;
  readonly patience?: Partial<Patience>;
}

/** How long the server waits for others, in milliseconds. */
export interface Patience {
  /** For a request to arrive completely. */
  readonly requestMs: number;
  /** For open requests when the service stops; their connections are closed afterwards. */
  readonly closeMs: number;
}

const PATIENCE: Patience = { requestMs: 60_000, closeMs: 5000 };

/** Bytes of a request body: far more than a thousand ordinary documents. */
const BODY_LIMIT = 32 * 1024 * 1024;

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { context, dialects, routes } = options;
  const requiresKey = !isLoopback(context.settings.host);
  const app = newApp(context, { ...PATIENCE, ...options.patience });
  readJson(app);
  reportErrors(app, productErrors);
  refuseUnknownAddresses(app);
  checkCallers(app, context, requiresKey);
  await app.register(
    fastifySwagger,
    openapiOptions({ version: options.version, requiresKey, vendors: vendorNames(dialects) }),
  );
  await addDocsPage(app);
  await routes(app, context, dialects);
  return app;
}

function newApp({ log, newId }: ServiceContext, { requestMs, closeMs }: Patience): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    genReqId: () => newId(),
    routerOptions: { maxParamLength: 200 },
    requestTimeout: requestMs,
    http: { headersTimeout: requestMs, connectionsCheckingInterval: requestMs / 6 },
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseConnection,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('preClose', async () => {
    // Not awaited: open connections would keep the server from closing.
    setTimeout(() => app.server.closeAllConnections(), closeMs).unref();
  });
  return app;
}

function checkCallers(
  app: FastifyInstance,
  { settings, keys }: ServiceContext,
  requiresKey: boolean,
): void {
  const allowedHosts = settings.allowedHosts
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    checkCaller(request, { host: settings.host, allowedHosts });
    if (!requiresKey) return;
    const { url = '', config } = request.routeOptions;
    const isDocumentation = url === '/docs' || url.startsWith('/docs/');
    const scope = config.scope ?? 'admin';
    if (scope !== 'open' && !isDocumentation) await checkKey(keys, request.headers, scope);
  });
}

/** The page runs only its own scripts, calls only this service, and cannot be framed by another page. */
const DOCS_POLICY = {
  'default-src': "'self'",
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", "'unsafe-inline'"],
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
};
const HIDE_TOP_BAR = '.swagger-ui .topbar { display: none }';

async function addDocsPage(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    // The top bar would load other services' documents.
    theme: { title: 'Learning Reranker', css: [{ filename: 'bar.css', content: HIDE_TOP_BAR }] },
    uiConfig: { deepLinking: true, displayRequestDuration: true, defaultModelsExpandDepth: 0 },
  });
  app.get('/', { config: { scope: 'open' }, schema: { hide: true } }, (_request, reply) =>
    reply.redirect('/docs'),
  );
}
