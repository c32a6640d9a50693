/** Nothing reranks: the search's order stands. */
import type { Backend } from './backend.js';

export const noBackend: Backend = {
  provider: 'none',
  current: () => null,
  lacks: () => null,
  score: async () => null,
  reload: async () => undefined,
  close: async () => undefined,
};
