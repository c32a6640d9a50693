/** Evaluation on real candidate lists, and the gate that a model must pass to go live. */
export { bestAlpha, blend, blendLists, scaleRetrieval, servedAlpha } from './blend.js';
export {
  type Candidate,
  type CandidateList,
  candidateLists,
  evaluationHash,
} from './candidates.js';
export { decideAsServed, decidePromotion, type GateDecision, MINIMUM_QUERIES } from './gate.js';
export { type MetricName, meanMetric, metricNames, metricPerQuery } from './metrics.js';
export { scoreLists } from './scoring.js';
export {
  ComparisonError,
  type Evaluation,
  evaluateSystems,
  retrievalScores,
  type SystemResult,
} from './systems.js';
export { evaluationTable } from './table.js';
