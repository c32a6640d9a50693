/** Training runs and models in processes of their own. */
export { type ChildFailure, ChildProcessError, failureOf, ReportedError } from './child.js';
export {
  blendName,
  type ComparedModels,
  type ComparisonRequest,
  compareModels,
  SEARCH,
} from './compare.js';
export { JobEventReader, type SaidEvent } from './job-events.js';
export { type EvaluationReport, reportOf } from './jobs/evaluate.js';
export { jobSchemas } from './jobs/index.js';
export { CLOUD_TEACHER } from './jobs/mine.js';
export type { PromotionReport } from './jobs/promote.js';
export { requestOfSettings, type TrainRequest } from './jobs/train.js';
export { TrainingLockError } from './lock.js';
export { type ModelDtype, ModelScorer } from './model-scorer.js';
export {
  newRunOf,
  REPLAY_PERCENT,
  type RunArguments,
  type RunPlan,
  trainingArgumentsOf,
} from './new-run.js';
export { type Job, JobError, type JobEvent, JobQueue } from './queue.js';
export { nextAfter, ScheduleError, Schedules, startScheduler } from './scheduler.js';
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
export { startWorker, type WorkerEvent } from './worker.js';
