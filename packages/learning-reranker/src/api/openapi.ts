/** What /docs says beside the routes' own words: groups, examples, the scope each route asks for, names of schemas. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { requestExamples } from './request-examples.js';

const introduction = `Reranks what a search found, keeps what people saw, clicked and rated, learns from it, and answers with
what was proved better.

1. \`POST /api/rerank\` with a query and its documents answers with the order to show and an \`event_id\`. Clients of Cohere,
   Jina, Voyage and TEI do the same under *dialects*.
2. \`POST /api/click\` with that \`event_id\` says what was opened.
3. \`GET /api/judgments/preview\` shows what would be learned, \`POST /api/reranker/cycle\` learns it, and
   \`GET /api/runs/{id}/events\` streams how it goes.

Requests are JSON. On this machine no key is needed; where the service listens beyond it, send
\`Authorization: Bearer <key>\`. Refusals carry a code, a sentence and, where there is one, the field.`;

/** In the order of the page. */
const tags = [
  { name: 'rerank', description: 'Order the documents of a query' },
  { name: 'dialects', description: 'The same for clients of Cohere, Jina, vLLM, Voyage and TEI' },
  { name: 'feedback', description: 'Say what people searched, saw, clicked and rated' },
  { name: 'judgments', description: 'What that teaches, and why; for other tools as well' },
  { name: 'learning', description: 'Jobs: mine, train, evaluate, promote, or all as one cycle' },
  { name: 'runs', description: 'How jobs go, and schedules that make them' },
  { name: 'models', description: 'Which there are, which is live, and the way back' },
  { name: 'evaluation', description: 'How good models are, and the questions that tell' },
  { name: 'log', description: 'Read, download or erase what was kept' },
  { name: 'service', description: 'Whether it runs, with what, how well, at what cost' },
  { name: 'settings', description: 'Read and write the configuration' },
  { name: 'keys', description: 'Who may call, where others can reach the service' },
];

const answers: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Taken; a job does it',
  204: 'Nothing more will come',
  400: 'The request is not as expected',
  401: 'A key is needed',
  403: 'The key does not allow it, or the Host or Origin is foreign',
  404: 'There is no such thing',
  405: 'Another method is expected',
  408: 'The request did not arrive in time',
  409: 'It does not fit how things stand, or is behind a feature flag',
  413: 'The body is too large',
  415: 'JSON is expected',
  422: 'The request is not as expected',
  429: 'More than can be answered soon; Retry-After says when',
  431: 'The headers are too long',
  500: 'Something failed here; the log of the service says what',
  503: 'Not ready, or the database does not answer',
};

/** How @fastify/swagger makes the document; `keysAreAsked` where the service listens beyond this machine. */
export function openapiOptions(
  version: string,
  keysAreAsked: boolean,
): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Learning Reranker', version, description: introduction },
      tags,
      security: keysAreAsked ? [{ key: [] }] : [{}, { key: [] }],
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'Made by `reranker keys create <name> --scope <scope>`.',
          },
        },
      },
    },
    transform: (given) => {
      const { schema, url } = jsonSchemaTransform(given);
      const scope = given.route.config?.scope ?? 'admin';
      const said = typeof schema.description === 'string' ? `${schema.description}\n\n` : '';
      const asked = scope === 'open' ? 'Open to all.' : `Scope of the key: \`${scope}\`.`;
      const described = { ...schema, description: `${said}${asked}` };
      return { schema: scope === 'open' ? { ...described, security: [] } : described, url };
    },
    transformObject: (given) => {
      const document = jsonSchemaTransformObject(given) as OpenApiDocument;
      for (const [path, operations] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(operations)) {
          const examples = requestExamples[`${method.toUpperCase()} ${path}`];
          const body = operation.requestBody?.content['application/json'];
          if (examples && body) body.examples = examples;
          for (const [status, answer] of Object.entries(operation.responses)) {
            answer.description = answers[status] ?? answer.description;
          }
        }
      }
      return withPlainNames(document) as ReturnType<typeof jsonSchemaTransformObject>;
    },
  };
}

/** As much of the document as is touched here. */
interface OpenApiDocument {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}
interface Operation {
  readonly requestBody?: { readonly content: Record<string, { examples?: object }> };
  readonly responses: Record<string, { description: string }>;
}

/**
 * Every schema stands there twice, as what may be sent (`ClickInput`) and as what comes of it (`Click`), whether or not
 * anything refers to it. Those that nothing refers to go, and an input that is alone then has the plain name.
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
      // That a whole number is one that JavaScript can hold says nothing, and would be the page's sample of it.
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
