/** The backend that does not rerank: documents keep the search's order. */
import type { Backend, BackendDescription } from './backend.js';

export const none: BackendDescription = {
  label: 'No reranking',
  describe: () => "the search's own order",
  lacks: () => null,
  open: () => noBackend,
};

const noBackend: Backend = {
  provider: 'none',
  current: () => null,
  lacks: () => null,
  score: async () => null,
  reload: async () => undefined,
  close: async () => undefined,
};
