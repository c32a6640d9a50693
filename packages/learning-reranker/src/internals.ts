/** What this repository's benchmarks and the starter's recipe use beside the public API: it may change in any version. */
export { operationsReference } from './api/reference.js';
export { openDatabase } from './database/connection.js';
export { composeSnapshot } from './datasets/compose.js';
export { readBeir } from './exchange/beir.js';
export { feedbackSchema, searchSchema } from './feedback/schema.js';
export { FeedbackStore } from './feedback/store.js';
export { JobQueue } from './jobs/queue.js';
export { Bm25Index } from './mining/bm25.js';
export {
  countWords,
  firstParagraph,
  firstSentence,
  withoutMarkers,
} from './mining/comment-text.js';
export { queryOfDocumentation } from './mining/documentation-query.js';
export { mineNegatives, recordsOfPairs } from './mining/negatives.js';
export { listSourceFiles } from './mining/source-files.js';
export { mineCode } from './mining/sources/code.js';
export { corpusOf, judgeLog, mineFeedback } from './mining/sources/feedback.js';
export { recordsOf } from './mining/sources/feedback-records.js';
export { stableHash } from './mining/stable-hash.js';
export { minedFiles, storeMined } from './mining/store.js';
export { chosenArguments } from './operations/training-fields.js';
export { cleanText, cutText, normalizeQuery } from './records/clean-text.js';
export type { TrainingRecord } from './records/training-record.js';
export { planTraining } from './training/plan-training.js';
export { startTraining } from './training/start-training.js';
