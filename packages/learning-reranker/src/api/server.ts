/** The HTTP server: who may call, how requests are read, how refusals look; what it does is in routes/ and dialects/. */
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { checkCaller, isLoopback } from './caller-check.js';
import type { ServiceContext } from './context.js';
import { ApiError, bodyOf, handleError } from './errors.js';
import { type ApiKeys, keyOf, type Scope } from './keys.js';
import { KnownAddresses } from './known-addresses.js';
import { refuseAddress, refuseConnection } from './malformed-requests.js';
import { openapiOptions } from './openapi.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must allow; `open` asks for none. */
    scope?: Scope | 'open';
  }
}

export type Api = FastifyInstance & { withTypeProvider(): unknown };
export type TypedApp = ReturnType<typeof typed>;

/** An app whose handlers are typed by their Zod schemas. */
export function typed(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>();
}

export interface ServerOptions {
  readonly context: ServiceContext;
  readonly version: string;
  /** Registers everything that answers. */
  readonly routes: (app: FastifyInstance, context: ServiceContext) => Promise<void>;
  readonly patience?: Partial<Patience>;
}

/** Milliseconds that others are waited for. */
export interface Patience {
  /** For a request to arrive whole: who sends a byte now and then holds a connection no longer. */
  readonly requestMs: number;
  /** For answers that are under way when the service stops; then their connections are closed. */
  readonly closeMs: number;
}

const PATIENCE: Patience = { requestMs: 60_000, closeMs: 5000 };

/** Bytes of a body at most: a thousand documents of ordinary length and a good deal more. */
const BODY_LIMIT = 32 * 1024 * 1024;
const NO_BAR = '.swagger-ui .topbar { display: none }';
/** The page runs its own scripts only, asks this service only, and stands in no other page. */
const DOCS_POLICY = {
  'default-src': "'self'",
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", "'unsafe-inline'"],
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
};

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { context, version, routes } = options;
  const { settings, log, keys } = context;
  const patience = { ...PATIENCE, ...options.patience };
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    genReqId: () => context.newId(),
    // A path of a request is somebody's text: too long a one is refused before it is looked at.
    routerOptions: { maxParamLength: 200 },
    requestTimeout: patience.requestMs,
    http: {
      headersTimeout: patience.requestMs,
      connectionsCheckingInterval: patience.requestMs / 6,
    },
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseConnection,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handleError);
  readJson(app);
  app.addHook('preClose', async () => {
    // Not waited for: it is for connections that would keep the server from closing.
    setTimeout(() => app.server.closeAllConnections(), patience.closeMs).unref();
  });
  const known = new KnownAddresses(app);
  app.setNotFoundHandler(({ method, url }, reply) => {
    const methods = known.methodsAt(url.split('?')[0] ?? '');
    const error = methods.length > 0 ? otherMethod(method, methods) : noSuchAddress();
    if (methods.length > 0) void reply.header('allow', methods.join(', '));
    void reply.status(error.status).send(bodyOf(error));
  });
  const keysAreAsked = !isLoopback(settings.host);
  await app.register(fastifySwagger, openapiOptions(version, keysAreAsked));
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    // One page of one service: no bar to load another document from.
    theme: { title: 'Learning Reranker', css: [{ filename: 'bar.css', content: NO_BAR }] },
    uiConfig: { deepLinking: true, displayRequestDuration: true, defaultModelsExpandDepth: 0 },
  });
  // Whoever opens the address that the console names is led to the page that tells what there is.
  app.get('/', { config: { scope: 'open' }, schema: { hide: true } }, (_request, reply) =>
    reply.redirect('/docs'),
  );

  const allowedHosts = settings.allowedHosts
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    checkCaller(request, { host: settings.host, allowedHosts });
    if (!keysAreAsked) return;
    const scope = request.routeOptions.config.scope ?? 'admin';
    if (scope === 'open' || isDocumentation(request.routeOptions.url)) return;
    await checkKey(keys, request.headers, scope);
  });
  await routes(app, context);
  return app;
}

function otherMethod(method: string, methods: readonly string[]): ApiError {
  const expected = methods.filter((one) => one !== 'HEAD').join(' or ');
  return new ApiError('method_not_allowed', `expected ${expected}, got ${method}`);
}

function noSuchAddress(): ApiError {
  return new ApiError('not_found', 'there is nothing at this address; /docs lists what there is');
}

function isDocumentation(route: string | undefined): boolean {
  return route === '/docs' || route?.startsWith('/docs/') === true;
}

/** An empty body is an empty object: many requests need nothing said. */
function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') done(null, {});
    else {
      void parse(request, text as string, (error, body) =>
        done(error && problemOf(error, text as string), body),
      );
    }
  });
  app.addHook('preValidation', async (request) => {
    const { 'content-length': length = '0', 'transfer-encoding': streamed } = request.headers;
    const isEmpty = length === '0' && streamed === undefined;
    if (isEmpty && request.routeOptions.schema?.body) request.body ??= {};
  });
}

/** What is refused although it is JSON is told as what it is. */
function problemOf(error: Error, text: string): Error {
  try {
    JSON.parse(text);
  } catch {
    return error;
  }
  return new ApiError(
    'invalid_request',
    'a key is __proto__, or a constructor has a prototype: no request may name them',
  );
}

async function checkKey(
  keys: ApiKeys,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  scope: Scope,
): Promise<void> {
  const key = keyOf(headers);
  const granted = key === null ? null : await keys.scopesOf(key);
  if (granted === null) {
    throw new ApiError(
      'unauthorized',
      'send a key as Authorization: Bearer <key>; one is made with: reranker keys create <name> --scope <scope>',
    );
  }
  if (granted.includes(scope) || granted.includes('admin')) return;
  throw new ApiError(
    'forbidden',
    `this key may ${granted.join(', ')}; '${scope}' is needed here. Keys of more scopes are made with: reranker keys create <name> --scope ${scope}`,
  );
}
