/** What /docs shows besides the routes' own descriptions: groups, examples, scopes, and plain names of schemas. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { RequestExample } from '../operations/operation.js';

declare module 'fastify' {
  interface FastifySchema {
    /** Request bodies that `/docs` shows, by name. Tests send each of them. */
    examples?: Readonly<Record<string, RequestExample>>;
  }
}

const introduction = `Learning Reranker orders search results by relevance and learns from clicks and ratings.

1. Send a query and its documents to \`POST /api/rerank\`. The response contains the documents' order and an \`event_id\`.
   Clients of other rerank APIs work unchanged; see *dialects*.
2. Send the \`event_id\` and the document that the user opened to \`POST /api/click\`.
3. \`GET /api/judgments/preview\` shows what the reranker would learn. \`POST /api/reranker/cycle\` starts a job that mines,
   trains, evaluates and promotes. \`GET /api/runs/{id}/events\` streams its progress.

Request bodies are JSON. On this machine you need no API key. If the service listens on another address, send
\`Authorization: Bearer <key>\`. An error contains a code, a message and, if one field caused it, the field.`;

/** In the order of the page. */
const tagsOf = (vendors: string) => [
  { name: 'rerank', description: 'Order documents by relevance to a query.' },
  { name: 'dialects', description: `Rerank with an existing client of ${vendors}.` },
  { name: 'feedback', description: 'Send searches, clicks and ratings.' },
  {
    name: 'judgments',
    description: 'Preview and export the judgments that mining derives from feedback.',
  },
  { name: 'learning', description: 'Start jobs that mine, train, evaluate and promote.' },
  { name: 'runs', description: 'Watch, cancel, retry and schedule jobs.' },
  { name: 'models', description: 'List models, see which is live, and roll back.' },
  { name: 'evaluation', description: 'Read evaluation results and edit the evaluation dataset.' },
  { name: 'log', description: 'Read, download and erase logged searches and feedback.' },
  { name: 'service', description: 'Health, metrics, and the state of the reranker.' },
  { name: 'settings', description: 'Read and change settings.' },
  { name: 'keys', description: 'Create, list and revoke API keys.' },
];

const statusDescriptions: Readonly<Record<string, string>> = {
  200: 'Success',
  201: 'Created',
  202: 'Accepted: a job was queued',
  204: 'No further events',
  400: 'The request is invalid',
  401: 'An API key is missing or invalid',
  403: 'The key lacks the scope, or the Host or Origin header is not allowed',
  404: 'Not found',
  405: 'The path does not accept this method',
  408: 'The request did not arrive in time',
  409: 'The current state does not allow the request, or a feature flag is off',
  413: 'The request body is too large',
  415: 'The request body is not JSON',
  422: 'The request is invalid',
  429: 'Too many requests are waiting: retry after the time in Retry-After',
  431: 'The headers are too large',
  500: 'Internal error: see the log of the service',
  503: 'The service or its database is not ready',
};

/** Options of @fastify/swagger. */
export function openapiOptions({
  version,
  requiresKey,
  vendors,
}: {
  readonly version: string;
  readonly requiresKey: boolean;
  /** The products whose clients the dialects serve. */
  readonly vendors: string;
}): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Learning Reranker', version, description: introduction },
      tags: tagsOf(vendors),
      security: requiresKey ? [{ key: [] }] : [{}, { key: [] }],
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'Create one with `reranker keys create <name> --scope <scope>`.',
          },
        },
      },
    },
    transform: (route) => {
      const { schema: converted, url } = jsonSchemaTransform(route);
      const { examples, ...schema } = converted as FastifySchema;
      const scope = route.route.config?.scope ?? 'admin';
      const text = typeof schema.description === 'string' ? `${schema.description}\n\n` : '';
      const access = scope === 'open' ? 'No key needed.' : `Scope of the key: \`${scope}\`.`;
      return {
        url,
        schema: {
          ...schema,
          description: `${text}${access}`,
          ...(scope === 'open' && { security: [] }),
          ...(schema.body !== undefined && { [EXAMPLES]: examples }),
        },
      };
    },
    transformObject: (given) => {
      const document = jsonSchemaTransformObject(given) as OpenApiDocument;
      const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
      for (const operation of operations) {
        const body = operation.requestBody?.content['application/json'];
        if (body) body.examples = operation[EXAMPLES];
        delete operation[EXAMPLES];
        for (const [status, response] of Object.entries(operation.responses)) {
          response.description = statusDescriptions[status] ?? response.description;
        }
      }
      return withPlainNames(document) as ReturnType<typeof jsonSchemaTransformObject>;
    },
  };
}

/** Carries a route's examples to its operation; @fastify/swagger copies fields that begin with `x-`. */
const EXAMPLES = 'x-request-examples';

/** The parts of the document that are changed here. */
interface OpenApiDocument {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}
interface Operation {
  [EXAMPLES]?: FastifySchema['examples'];
  readonly requestBody?: { readonly content: Record<string, { examples?: object | undefined }> };
  readonly responses: Record<string, { description: string }>;
}

/**
 * The document contains every schema twice, as it is sent (`ClickInput`) and as it is parsed (`Click`). This removes the
 * schemas that nothing refers to, and gives an input schema the plain name if the other one is gone.
 */
function withPlainNames(document: OpenApiDocument): OpenApiDocument {
  const { schemas } = document.components;
  const used = new Set<string>();
  const look = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      look(schemas[name]);
    }
  };
  look(document.paths);
  const plain = (name: string): string => {
    const short = name.replace(/Input$/, '');
    return used.has(short) ? name : short;
  };
  const renamed = (part: unknown) =>
    JSON.parse(
      JSON.stringify(part).replace(
        /"#\/components\/schemas\/(\w+)"/g,
        (_all, name: string) => `"#/components/schemas/${plain(name)}"`,
      ),
      // JavaScript's largest integer is no limit worth showing, and the page would show it as the sample value.
      (_key, value) => (Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value),
    );
  const kept = Object.keys(schemas).filter((name) => used.has(name));
  kept.sort((a, b) => plain(a).localeCompare(plain(b), 'en'));
  return {
    ...document,
    paths: renamed(document.paths),
    components: {
      ...document.components,
      schemas: Object.fromEntries(kept.map((name) => [plain(name), renamed(schemas[name])])),
    },
  };
}
