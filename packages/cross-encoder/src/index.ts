/** Cross-encoders in Node: load, train with SBERT's losses, evaluate, predict. */
export { exactWeightType } from '@learning-reranker/onnx-autodiff';
export type { ModelConfig } from './architectures/architecture.js';
export { ModelConfigError } from './architectures/architecture.js';
export type { HeadChange } from './architectures/head.js';
export {
  CrossEncoder,
  type LoadOptions,
  type PredictOptions,
  type RankOptions,
} from './cross-encoder.js';
export * from './descriptions.js';
export { type ErrorKind, kindOf, TypedError } from './errors.js';
export {
  type ClassificationEvaluatorOptions,
  type ClassificationRow,
  type ClassScorer,
  CrossEncoderClassificationEvaluator,
} from './evaluation/classification-evaluator.js';
export {
  type CorrelationEvaluatorOptions,
  type CorrelationRow,
  CrossEncoderCorrelationEvaluator,
} from './evaluation/correlation-evaluator.js';
export type { PairScorer } from './evaluation/evaluator.js';
export {
  EvaluationDataError,
  type EvaluationResult,
  type Evaluator,
} from './evaluation/evaluator.js';
export {
  type BootstrapOptions,
  bootstrapInterval,
  type Interval,
  pairedBootstrapDifference,
} from './evaluation/intervals.js';
export {
  averagePrecisionOverThresholds,
  type BinaryClassification,
  bestF1Threshold,
  classifyAt,
  mostAccurateThreshold,
} from './evaluation/metrics/binary-classification.js';
export { pearson, spearman } from './evaluation/metrics/correlation.js';
export { MetricError } from './evaluation/metrics/metric-error.js';
export { type MultiClassF1, multiClassF1 } from './evaluation/metrics/multi-class.js';
export {
  averagePrecision,
  type Gain,
  hitAt,
  mean,
  ndcgAt,
  reciprocalRankAt,
} from './evaluation/metrics/ranking.js';
export {
  CrossEncoderRerankingEvaluator,
  type RerankingEvaluatorOptions,
  type RerankingRow,
} from './evaluation/reranking-evaluator.js';
export type { GradedDocument, RerankingSample } from './evaluation/reranking-sample.js';
export {
  AtomicWriteError,
  type FileContent,
  writeFileAtomically,
  writeFolderAtomically,
} from './formats/atomic-write.js';
export { HubError } from './formats/hub-cache.js';
export { downloadModel } from './formats/hub-download.js';
export { type ModelCardFacts, modelCard } from './formats/model-card.js';
export { ModelFolderError } from './formats/model-folder-error.js';
export { readSafetensors, writeSafetensors } from './formats/safetensors.js';
export { SafetensorsError } from './formats/safetensors-header.js';
export type { SaveOptions } from './formats/save-model.js';
export type { Weights, WeightTensor } from './formats/weights.js';
export type { Dtype } from './prediction/predictors.js';
export type { RankedDocument } from './prediction/rank.js';
export { type ActivationName, rerankScores } from './prediction/scores.js';
export { RandomError, type RandomState, SeededRandom } from './random/seeded-random.js';
export { type PairEncoding, Tokenizer } from './tokenization/tokenizer.js';
export { TokenizerError } from './tokenization/tokenizer-definition.js';
export { type TrimmedTokenizer, trimVocabulary } from './tokenization/trim-vocabulary.js';
export {
  type BatchSampler,
  noDuplicatesBatches,
  sequentialBatches,
  shuffledBatches,
} from './training/batches.js';
export { CheckpointError, listCheckpoints } from './training/checkpoint.js';
export type {
  CheckpointEvent,
  EndEvent,
  EvaluationEvent,
  StepEvent,
  TrainingEvent,
} from './training/events.js';
export type { TrainingExample } from './training/example.js';
export {
  type CrossEncoderTrainerOptions,
  TrainingError,
  type TrainingEvaluator,
  type TrainOptions,
  type TrainResult,
} from './training/options.js';
export { CrossEncoderTrainer } from './training/trainer.js';
