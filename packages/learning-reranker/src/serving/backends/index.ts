/** All backends. A new one is a file here, a line below, and its name and settings in `config/settings.ts`. */
import type { Backend, BackendDescription, BackendName } from './backend.js';
import { cloud } from './cloud/cloud.js';
import { localLearning } from './local-learning/local-learning.js';

const noBackend: Backend = {
  provider: 'none',
  current: () => null,
  lacks: () => null,
  score: async () => null,
  reload: async () => undefined,
  close: async () => undefined,
};

/** Documents keep the search's order. */
const none: BackendDescription = {
  label: 'No reranking',
  describe: () => "the search's own order",
  lacks: () => null,
  open: () => noBackend,
};

export const backends: Readonly<Record<BackendName, BackendDescription>> = {
  none,
  cloud,
  'local-learning': localLearning,
};
