/** The models, the live model and its history. */
export {
  type HistoryRow,
  LiveChangedError,
  type LivePointer,
  promote,
  readHistory,
  readLive,
  rollback,
} from './live.js';
export { type ModelManifest, modelManifestSchema, type SystemMetrics } from './manifest.js';
export {
  finishModel,
  isModelId,
  listModels,
  modelsFolder,
  newModelId,
  RegistryError,
  readManifest,
  UnknownModelError,
  updateManifest,
  verifyModel,
} from './models.js';
export { findModel, promotableModel, type ResolvedModel, resolveModel } from './resolve.js';
export { STARTER, starterFolder } from './starter.js';
