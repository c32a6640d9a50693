/** A cloud service that speaks Cohere's v2 rerank. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Settings } from '../../../config/index.js';
import { type Backend, BackendError } from '../backend.js';
import { type JsonAnswer, postJson } from './post-json.js';
import { refusePrivateAddress } from './private-address.js';

type CloudSettings = Pick<
  Settings,
  'cloudUrl' | 'cloudModel' | 'cloudApiKey' | 'cloudAllowPrivate'
>;

const answerSchema = z.object({
  results: z.array(z.object({ index: z.int().min(0), relevance_score: z.number().min(0).max(1) })),
  meta: z.object({ tokens: z.object({ input_tokens: z.number() }).partial().nullish() }).nullish(),
});

const NO_KEY = 'the cloud backend has no key: set COHERE_API_KEY';
/** Cohere refuses more; so many go in one request. */
const MOST_DOCUMENTS = 1000;

export function cloudBackend(settings: CloudSettings): Backend {
  const model = { id: settings.cloudModel, loss: null, runId: null, blendAlpha: null };
  return {
    provider: 'cloud',
    current: () => (settings.cloudApiKey === null ? null : model),
    lacks: () => (settings.cloudApiKey === null ? NO_KEY : null),
    score: async ({ query, documents, maxTokensPerDocument, signal }) => {
      const began = performance.now();
      const relevance = new Float64Array(documents.length);
      let tokens = 0;
      for (let from = 0; from < documents.length; from += MOST_DOCUMENTS) {
        const part = documents.slice(from, from + MOST_DOCUMENTS);
        const body = {
          model: settings.cloudModel,
          query,
          documents: part,
          ...(maxTokensPerDocument !== undefined && { max_tokens_per_doc: maxTokensPerDocument }),
        };
        const { results, meta } = await ask(settings, body, signal);
        const scored = new Map(results.map((one) => [one.index, one.relevance_score]));
        // A document without a score would look like the worst one.
        if (part.some((_, index) => !scored.has(index))) {
          throw new BackendError(
            'cloud-refused',
            'the cloud service left documents without a score',
          );
        }
        for (const index of part.keys()) relevance[from + index] = scored.get(index) as number;
        tokens += meta?.tokens?.input_tokens ?? 0;
      }
      const inferenceMs = performance.now() - began;
      const costs = { tokens, truncatedPairs: 0, queueMs: 0, tokenizeMs: 0, inferenceMs };
      return { relevance, logits: null, model, ...costs };
    },
    reload: async () => undefined,
    close: async () => undefined,
  };
}

/** No error of the service reaches a log with the text it may repeat: its status says enough. */
async function ask(
  { cloudUrl, cloudApiKey, cloudAllowPrivate }: CloudSettings,
  body: object,
  signal: AbortSignal,
): Promise<z.infer<typeof answerSchema>> {
  if (cloudApiKey === null) {
    throw new BackendError('cloud-not-set-up', NO_KEY);
  }
  const url = new URL(cloudUrl);
  // Its address may have a path: that of a gateway.
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v2/rerank`;
  const checkAddress = (address: string) => {
    if (!cloudAllowPrivate) refusePrivateAddress(address, url.hostname);
  };
  // What is no name but an address itself is connected to without being looked up.
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) checkAddress(literal);
  const headers = { authorization: `Bearer ${cloudApiKey}` };
  let response: JsonAnswer;
  try {
    response = await postJson(url, { headers, body, signal, checkAddress });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BackendError) throw error;
    throw new BackendError('cloud-unreachable', `${url.host} does not answer`, { cause: error });
  }
  if (response.status >= 300 && response.status < 400) {
    throw new BackendError(
      'cloud-unreachable',
      `${url.host} sends elsewhere, which is not followed`,
    );
  }
  if (response.status !== 200) {
    throw new BackendError('cloud-refused', `${url.host} answered with status ${response.status}`);
  }
  const parsed = answerSchema.safeParse(response.body);
  if (parsed.success) return parsed.data;
  throw new BackendError('cloud-refused', `${url.host} answered with something else than scores`);
}
