/** The backend that asks a cloud service by Cohere's v2 rerank API. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Settings } from '../../../config/index.js';
import {
  type Backend,
  type BackendDescription,
  BackendError,
  type BackendRequest,
  type BackendScores,
} from '../backend.js';
import { type JsonAnswer, postJson } from './post-json.js';
import { refusePrivateAddress } from './private-address.js';

type CloudSettings = Pick<
  Settings,
  'cloudUrl' | 'cloudModel' | 'cloudApiKey' | 'cloudAllowPrivate'
>;

export const cloud: BackendDescription = {
  label: 'Cloud',
  describe: ({ cloudModel }) => `Cohere's ${cloudModel}, with COHERE_API_KEY`,
  lacks,
  open: cloudBackend,
};

const answerSchema = z.object({
  results: z.array(z.object({ index: z.int().min(0), relevance_score: z.number().min(0).max(1) })),
  meta: z.object({ tokens: z.object({ input_tokens: z.number() }).partial().nullish() }).nullish(),
});

const NO_KEY = 'The cloud backend needs a key: set COHERE_API_KEY.';
/** Documents in one request at most: Cohere's limit. */
const MOST_DOCUMENTS = 1000;

function lacks({ cloudApiKey }: CloudSettings): string | null {
  return cloudApiKey === null ? NO_KEY : null;
}

export function cloudBackend(settings: CloudSettings): Backend {
  const model = { id: settings.cloudModel, loss: null, runId: null, blendAlpha: null };
  return {
    provider: 'cloud',
    current: () => (settings.cloudApiKey === null ? null : model),
    lacks: () => lacks(settings),
    score: async (request) => ({ model, ...(await score(settings, request)) }),
    reload: async () => undefined,
    close: async () => undefined,
  };
}

async function score(
  settings: CloudSettings,
  { query, documents, maxTokensPerDocument, signal }: BackendRequest,
): Promise<Omit<BackendScores, 'model'>> {
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
    const scores = new Map(results.map((one) => [one.index, one.relevance_score]));
    for (const index of part.keys()) {
      const scored = scores.get(index);
      // A document without a score would look like the worst one.
      if (scored === undefined) {
        throw new BackendError(
          'cloud-refused',
          'The cloud service returned no score for some documents',
        );
      }
      relevance[from + index] = scored;
    }
    tokens += meta?.tokens?.input_tokens ?? 0;
  }
  const inferenceMs = performance.now() - began;
  const costs = { tokens, truncatedPairs: 0, queueMs: 0, tokenizeMs: 0, inferenceMs };
  return { relevance, logits: null, ...costs };
}

/** Errors carry the service's status and not its text, which may repeat the query or the key. */
async function ask(
  { cloudUrl, cloudApiKey, cloudAllowPrivate }: CloudSettings,
  body: object,
  signal: AbortSignal,
): Promise<z.infer<typeof answerSchema>> {
  if (cloudApiKey === null) throw new BackendError('cloud-not-set-up', NO_KEY);
  const url = new URL(cloudUrl);
  // The address of a gateway may have a path.
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v2/rerank`;
  const checkAddress = (address: string) => {
    if (!cloudAllowPrivate) refusePrivateAddress(address, url.hostname);
  };
  // An IP address is connected to without a lookup, so it is checked here.
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) checkAddress(literal);
  const headers = { authorization: `Bearer ${cloudApiKey}` };
  let response: JsonAnswer;
  try {
    response = await postJson(url, { headers, body, signal, checkAddress });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BackendError) throw error;
    throw new BackendError('cloud-unreachable', `${url.host} does not respond`, { cause: error });
  }
  if (response.status >= 300 && response.status < 400) {
    throw new BackendError(
      'cloud-unreachable',
      `${url.host} redirects to another address. Set AGRO_RERANKER_CLOUD_URL to the final address.`,
    );
  }
  if (response.status !== 200) {
    throw new BackendError('cloud-refused', `${url.host} responded with status ${response.status}`);
  }
  const parsed = answerSchema.safeParse(response.body);
  if (parsed.success) return parsed.data;
  throw new BackendError('cloud-refused', `${url.host} returned no scores in Cohere's format`);
}
