/** Reranking as it is served. */
export {
  BackendError,
  type BackendFailure,
  type ModelEvent,
  OverloadedError,
  type ServedModel,
} from './backends/backend.js';
export { cloudTeacher } from './backends/cloud/cloud-teacher.js';
export { type EngineAnswer, type EngineRequest, RerankEngine } from './engine.js';
export { rerank, type SearchedDocument } from './rerank.js';
