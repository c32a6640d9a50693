/** Graded judgments from clicks and ratings, each with its reason. */
export type { ClickModel } from './click-models/click-model.js';
export {
  clickModel,
  clickModelNames,
  clickModels,
  DEFAULT_CLICK_MODEL,
} from './click-models/index.js';
export { type ClientWeights, clientWeights } from './client-weights.js';
export {
  type Judged,
  type JudgedQuery,
  type JudgeOptions,
  type Judgment,
  type JudgmentLabel,
  judge,
} from './judge.js';
export { estimatePropensities, type Propensities } from './propensities.js';
export { nameAcrossSearches, type ReadLogOptions, readLog } from './read-log.js';
export { type CountedSearch, type DocumentStatistics, LogStatistics } from './statistics.js';
