/** All backends. A new one is a file here, a line below, and its name and settings in `config/settings.ts`. */
import type { BackendDescription, BackendName } from './backend.js';
import { cloud } from './cloud/cloud.js';
import { localLearning } from './local-learning/local-learning.js';
import { none } from './none.js';

export const backends: Readonly<Record<BackendName, BackendDescription>> = {
  none,
  cloud,
  'local-learning': localLearning,
};
