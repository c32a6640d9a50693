/** Bodies that may be sent, route by route: /docs shows them, and a test sends every one of them. */

interface RequestExample {
  readonly summary: string;
  readonly value: unknown;
}
type Examples = Readonly<Record<string, RequestExample>>;

const query = 'parse a date';
const texts = ['function close(socket) {}', 'new Date(text)'];
/** What `/api/rerank` answered with. */
const event_id = 'the-event-id-of-the-answer';

const one = (summary: string, value: unknown): Examples => ({ example: { summary, value } });

/** The route says all there is to say. */
const nothing = one('nothing', {});

const cohere = one('a query and its documents', { query, documents: texts, top_n: 10 });
const v1 = one('with the texts in the answer', {
  query,
  documents: texts,
  top_n: 10,
  return_documents: true,
});

/** By method and path, as they stand in the document. */
export const requestExamples: Readonly<Record<string, Examples>> = {
  'POST /api/rerank': {
    plain: { summary: 'texts alone', value: { query, documents: texts } },
    blended: {
      summary: "ids and the search's own scores, which are blended in",
      value: {
        query,
        documents: [
          { id: 'sockets.js', text: texts[0], score: 11.2 },
          { id: 'dates.js', text: texts[1], score: 9.8 },
        ],
        top_n: 10,
        client_id: 'session-7',
      },
    },
    deadline: {
      summary: 'in 200 ms, or in the original order',
      value: { query, documents: texts, deadline_ms: 200 },
    },
  },
  'POST /v2/rerank': cohere,
  'POST /cohere/v2/rerank': cohere,
  'POST /v1/rerank': v1,
  'POST /rerank': v1,
  'POST /cohere/v1/rerank': v1,
  'POST /jina/v1/rerank': v1,
  'POST /voyage/v1/rerank': one('a query and its documents', {
    query,
    documents: texts,
    top_k: 10,
  }),
  'POST /tei/rerank': one('with the texts in the answer', { query, texts, return_text: true }),
  'POST /api/events': {
    search: {
      summary: 'a search that something else reranked',
      value: {
        event_id: 'search-1',
        query,
        documents: [
          { id: 'dates.js', text: texts[1] },
          { id: 'sockets.js', text: texts[0] },
        ],
        client_id: 'session-7',
      },
    },
    many: {
      summary: 'many at once',
      value: { events: [{ event_id: 'search-2', query, documents: [{ id: 'dates.js' }] }] },
    },
  },
  'POST /api/feedback': {
    rating: {
      summary: 'a rating of one document',
      value: { event_id, kind: 'star4', document_id: 'dates.js' },
    },
    many: {
      summary: 'many at once',
      value: {
        feedback: [
          { event_id, kind: 'click', document_id: 'dates.js' },
          { event_id, kind: 'thumbsdown', document_id: 'sockets.js' },
        ],
      },
    },
    nothing: { summary: 'nothing was of use', value: { event_id, kind: 'noclick' } },
  },
  'POST /api/click': one('what was opened', { event_id, document_id: 'dates.js' }),
  'POST /api/reranker/click': one('what was opened', { event_id, document_id: 'dates.js' }),
  'POST /api/ubi/queries': one('a query and the ids that were shown', {
    query_id: 'ubi-1',
    client_id: 'session-7',
    user_query: query,
    query_response_hit_ids: ['dates.js', 'sockets.js'],
  }),
  'POST /api/ubi/events': one('a click', {
    action_name: 'click',
    query_id: 'ubi-1',
    client_id: 'session-7',
    event_attributes: { object: { object_id: 'dates.js' }, position: { ordinal: 1 } },
  }),
  'POST /api/reranker/logs/clear': nothing,
  'POST /api/reranker/rollback': nothing,
  'POST /api/reranker/baseline/save': nothing,
  'POST /api/runs/{id}/cancel': nothing,
  'POST /api/runs/{id}/retry': nothing,
  'POST /api/reranker/smoketest': one('two documents of its own', {}),
  'POST /api/reranker/mine': {
    feedback: { summary: 'what people clicked and rated', value: { source: 'feedback' } },
    code: {
      summary: 'source code below AGRO_RERANKER_SOURCE_ROOTS',
      value: { source: 'code', folders: ['.'] },
    },
  },
  'POST /api/reranker/train': {
    usual: { summary: 'with the loss of the settings', value: {} },
    chosen: {
      summary: 'with a loss by its SBERT name',
      value: { loss: 'BinaryCrossEntropyLoss', epochs: 1, learning_rate: 2e-5 },
    },
  },
  'POST /api/reranker/evaluate': one('the live model against the shipped one', {
    model: 'live',
    against: 'starter',
  }),
  'POST /api/reranker/promote': one('a model that a training made', {
    model: '20260131T120000Z-softmax',
  }),
  'POST /api/reranker/cycle': {
    promote: { summary: 'learn from feedback; promote what passes', value: {} },
    propose: {
      summary: 'learn from code; only report what passes',
      value: { mine: { source: 'code', folders: ['.'] }, action: 'propose' },
    },
  },
  'POST /api/reranker/import': one('a file below AGRO_RERANKER_SOURCE_ROOTS', {
    format: 'log',
    path: 'queries.jsonl',
  }),
  'POST /api/reranker/demo': one('some minutes on two cores', {}),
  'POST /api/reranker/schedule': one('a cycle at 3 every night', { cron: '0 3 * * *' }),
  'POST /api/evaluation-datasets': one('a question and where its answer is', {
    q: 'where are dates parsed',
    expect_paths: ['src/dates.js'],
  }),
  'PUT /api/evaluation-datasets/{id}': one('a question and where its answer is', {
    q: 'where are dates parsed',
    expect_paths: ['src/dates.js'],
  }),
  'POST /api/config': one('from the next start', { loss: 'BinaryCrossEntropyLoss' }),
  'POST /api/keys': one('for an application that searches', {
    name: 'shop',
    scopes: ['rerank', 'feedback'],
  }),
};
