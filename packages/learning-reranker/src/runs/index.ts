/** Training runs and models in processes of their own. */
export { ChildProcessError, ReportedError } from './child.js';
export {
  blendName,
  type ComparedModels,
  type ComparisonRequest,
  compareModels,
  SEARCH,
} from './compare.js';
export { TrainingLockError } from './lock.js';
export { type ModelDtype, ModelScorer } from './model-scorer.js';
export {
  type NewRun,
  RunError,
  readRequest,
  resumeRun,
  type StartOptions,
  startRun,
  unfinishedRuns,
} from './train.js';
export type { RunEvent, TrainingOutcome, TrainingRequest } from './training-run.js';
