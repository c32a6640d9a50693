/** Reranking as it is served. */
export { BackendError, type BackendFailure, type ServedModel } from './backends/backend.js';
export type { ModelEvent } from './backends/local-learning.js';
export { cloudTeacher } from './cloud-teacher.js';
export {
  type EngineAnswer,
  type EngineOptions,
  type EngineRequest,
  type EngineResult,
  RerankEngine,
} from './engine.js';
export { OverloadedError } from './overloaded-error.js';
export {
  orderDocuments,
  type RerankedDocument,
  type RerankRequest,
  rerank,
  type SearchedDocument,
} from './rerank.js';
