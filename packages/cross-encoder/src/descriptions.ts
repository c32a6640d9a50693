/** Losses and training arguments, without code that loads or runs a model, for callers that must start fast. */
export { type DataShape, dataShapes, type LossDescription } from './losses/description.js';
export {
  createLoss,
  findLoss,
  headSizeFor,
  knownLoss,
  lossDescriptions,
  registerLoss,
} from './losses/index.js';
export {
  type ArrangedBatch,
  defineLoss,
  type Loss,
  LossChoiceError,
  LossDataError,
  type LossDefinition,
  type LossParameters,
  type Pair,
} from './losses/loss.js';
export {
  kebabCase,
  type ParameterDescription,
  type ParameterValue,
  snakeCase,
} from './parameters.js';
export {
  argumentsFromExposed,
  type CrossEncoderTrainingArguments,
  type ExposedTrainingArgument,
  exposedTrainingArguments,
  resolveTrainingArguments,
  type TrainingArgumentDescription,
  TrainingArgumentError,
  trainingArgumentDescriptions,
} from './training/arguments.js';
export { type SchedulerType, schedulerTypes } from './training/schedule.js';
