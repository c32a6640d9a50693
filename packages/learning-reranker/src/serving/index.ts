/** Reranking as it is served. */
export {
  BackendError,
  type BackendFailure,
  type ModelEvent,
  OverloadedError,
  type ServedModel,
} from './backends/backend.js';
export { cloudTeacher } from './backends/cloud/cloud-teacher.js';
export {
  type EngineAnswer,
  type EngineOptions,
  type EngineRequest,
  type EngineResult,
  RerankEngine,
} from './engine.js';
export {
  orderDocuments,
  type RerankedDocument,
  type RerankRequest,
  rerank,
  type SearchedDocument,
} from './rerank.js';
