/** What people searched, saw, clicked and rated. */

export { BurstDetector } from './bursts.js';
export {
  type Imported,
  type ImportOptions,
  type ImportRows,
  importRows,
  NothingImportedError,
  type RowReader,
} from './import-rows.js';
export {
  type GradedRow,
  type RankedRow,
  searchesOfGrades,
  searchesOfRun,
} from './judged-lists.js';
export type { LoggedSearch } from './logged-searches.js';
export {
  clickSchema,
  type Feedback,
  feedbackOf,
  feedbackSchema,
  feedbacksSchema,
  idSchema,
  querySchema,
  type Search,
  searchesOf,
  searchesSchema,
  searchSchema,
} from './schema.js';
export { ShownLog } from './shown-log.js';
export { type FeedbackCounts, FeedbackStore, type Recorded } from './store.js';
export { hashOf, readTexts } from './texts.js';
