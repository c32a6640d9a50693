/** Every kind of job. */
import type { JobKind } from '../database/index.js';
import { cycle, cycleRequestSchema } from './cycle.js';
import { demo, demoRequestSchema } from './demo.js';
import { evaluate, evaluateRequestSchema } from './evaluate.js';
import { importFile, importRequestSchema } from './import.js';
import { mine, mineRequestSchema } from './mine.js';
import type { JobDefinition } from './operation.js';
import { promote, promoteRequestSchema } from './promote.js';
import { train, trainRequestSchema } from './train.js';

export const jobs = {
  mine,
  train,
  evaluate,
  promote,
  import: importFile,
  cycle,
  demo,
} as const satisfies Record<JobKind, JobDefinition>;

/** What each kind is asked for: the API, schedules and the queue check by the same schema. */
export const jobSchemas = {
  mine: mineRequestSchema,
  train: trainRequestSchema,
  evaluate: evaluateRequestSchema,
  promote: promoteRequestSchema,
  import: importRequestSchema,
  cycle: cycleRequestSchema,
  demo: demoRequestSchema,
} as const;
