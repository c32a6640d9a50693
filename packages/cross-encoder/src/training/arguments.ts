/** `CrossEncoderTrainingArguments`: SBERT's names and defaults, in camelCase. */
import { TypedError } from '@learning-reranker/onnx-autodiff/errors';
import {
  expectedInstead,
  type ParameterDescription,
  type ParameterValue,
  type ValueOf,
} from '../parameters.js';
import { schedulerTypes } from './schedule.js';

export interface TrainingArgumentDescription extends ParameterDescription {
  /**
   * Present where applications let their users choose the argument for a training. Given here is what differs
   * for those users: a shorter name, a range that always makes sense, a sentence of its own.
   */
  readonly exposed?: Partial<
    Pick<ParameterDescription, 'name' | 'minimum' | 'maximum' | 'description'>
  >;
}

/** Checkpoints are recognized by their arguments in this order: append new ones. */
const table = [
  {
    name: 'outputDir',
    type: 'string',
    default: null,
    description: 'Folder for checkpoints. None writes no checkpoints.',
  },
  {
    name: 'numTrainEpochs',
    type: 'number',
    default: 3,
    minimum: 0,
    description: 'Passes over the training rows; a fraction stops within a pass.',
    exposed: { name: 'epochs', minimum: 0.01, maximum: 100 },
  },
  {
    name: 'maxSteps',
    type: 'integer',
    default: -1,
    minimum: -1,
    description: 'Number of optimizer updates, instead of a number of epochs; -1 uses the epochs.',
    exposed: { minimum: 1, description: 'Maximum number of optimizer updates.' },
  },
  {
    name: 'perDeviceTrainBatchSize',
    type: 'integer',
    default: 8,
    minimum: 1,
    description: 'Rows in a training batch.',
    exposed: { name: 'batchSize', maximum: 1024 },
  },
  {
    name: 'perDeviceEvalBatchSize',
    type: 'integer',
    default: 8,
    minimum: 1,
    description: 'Rows in an evaluation batch.',
  },
  {
    name: 'gradientAccumulationSteps',
    type: 'integer',
    default: 1,
    minimum: 1,
    description: 'Batches per update; their gradients are averaged.',
    exposed: {},
  },
  {
    name: 'learningRate',
    type: 'number',
    default: 5e-5,
    minimum: 0,
    description: 'Peak learning rate.',
    exposed: { minimum: 1e-8, maximum: 1 },
  },
  {
    name: 'lrSchedulerType',
    type: 'string',
    default: 'linear',
    choices: schedulerTypes,
    description: 'How the learning rate falls after the warmup.',
    exposed: {},
  },
  {
    name: 'warmupSteps',
    type: 'number',
    default: 0,
    minimum: 0,
    description:
      'Updates over which the learning rate rises from 0; a value below 1 is a share of all updates.',
    exposed: {
      name: 'warmupRatio',
      maximum: 1,
      description: 'Share of all updates over which the learning rate rises from 0.',
    },
  },
  {
    name: 'weightDecay',
    type: 'number',
    default: 0,
    minimum: 0,
    description: 'Decoupled weight decay. It does not apply to biases and normalization layers.',
    exposed: { maximum: 1 },
  },
  {
    name: 'adamBeta1',
    type: 'number',
    default: 0.9,
    minimum: 0,
    below: 1,
    description: "Decay rate of AdamW's average of gradients.",
  },
  {
    name: 'adamBeta2',
    type: 'number',
    default: 0.999,
    minimum: 0,
    below: 1,
    description: "Decay rate of AdamW's average of squared gradients.",
  },
  {
    name: 'adamEpsilon',
    type: 'number',
    default: 1e-8,
    minimum: 0,
    description: "Term added to AdamW's denominator to keep it above 0.",
  },
  {
    name: 'maxGradNorm',
    type: 'number',
    default: 1,
    minimum: 0,
    description: 'Maximum norm of the gradients; 0 disables clipping.',
    exposed: {},
  },
  {
    name: 'seed',
    type: 'integer',
    default: 42,
    minimum: 0,
    description: 'Seed for the order of rows, dropout, drawn negatives and a new head.',
    exposed: {},
  },
  {
    name: 'maxLength',
    type: 'integer',
    default: null,
    minimum: 8,
    description:
      "Maximum number of tokens in a pair, special tokens included. None uses the model's limit.",
    exposed: { maximum: 8192 },
  },
  {
    name: 'evalStrategy',
    type: 'string',
    default: 'no',
    choices: ['no', 'steps', 'epoch'],
    description: 'When to evaluate.',
  },
  {
    name: 'evalSteps',
    type: 'integer',
    default: 500,
    minimum: 1,
    description: 'Updates between evaluations.',
  },
  {
    name: 'saveStrategy',
    type: 'string',
    default: 'steps',
    choices: ['no', 'steps', 'epoch'],
    description: 'When to write a checkpoint.',
  },
  {
    name: 'saveSteps',
    type: 'integer',
    default: 500,
    minimum: 1,
    description: 'Updates between checkpoints.',
  },
  {
    name: 'saveTotalLimit',
    type: 'integer',
    default: null,
    minimum: 1,
    description: 'Maximum number of checkpoints to keep. The best and the newest are always kept.',
  },
  {
    name: 'loadBestModelAtEnd',
    type: 'boolean',
    default: false,
    description: 'Whether training ends with the weights of the best evaluation.',
  },
  {
    name: 'metricForBestModel',
    type: 'string',
    default: 'loss',
    description:
      'The metric that decides which evaluation is best. Lower is better if its name ends in loss.',
  },
  {
    name: 'earlyStoppingPatience',
    type: 'integer',
    default: null,
    minimum: 1,
    description: 'Training stops after this many evaluations without improvement.',
    exposed: {},
  },
  {
    name: 'earlyStoppingThreshold',
    type: 'number',
    default: 0,
    minimum: 0,
    description: 'Smallest change of the metric that counts as an improvement.',
  },
  {
    name: 'loggingSteps',
    type: 'integer',
    default: 1,
    minimum: 1,
    description: 'Updates between step events.',
  },
  {
    name: 'threads',
    type: 'integer',
    default: null,
    minimum: 1,
    description: 'Threads of ONNX Runtime. None lets ONNX Runtime choose.',
  },
] as const satisfies readonly TrainingArgumentDescription[];

type Table = typeof table;
type ArgumentName = Table[number]['name'];

/** Every training argument, typed by its description. */
export type CrossEncoderTrainingArguments = {
  readonly [Argument in Table[number] as Argument['name']]: ValueOf<Argument>;
};

export const trainingArgumentDescriptions: readonly (TrainingArgumentDescription & {
  readonly name: ArgumentName;
})[] = table;

/** An argument as applications offer it to their users. */
export interface ExposedTrainingArgument extends ParameterDescription {
  /** The argument of `CrossEncoderTrainer` that takes the value. */
  readonly argument: ArgumentName;
}

/**
 * The arguments that users commonly choose for a training, as command-line options, fields of a request or inputs
 * of a form: `kebabCase(name)` and `snakeCase(name)` give their spelling there.
 */
export const exposedTrainingArguments: readonly ExposedTrainingArgument[] =
  trainingArgumentDescriptions.flatMap(({ exposed, ...description }) =>
    exposed ? [{ ...description, ...exposed, argument: description.name }] : [],
  );

/** Training arguments from values by their exposed names; other names and `undefined` are left out. */
export function argumentsFromExposed(
  given: Readonly<Record<string, unknown>>,
): Partial<CrossEncoderTrainingArguments> {
  const chosen = exposedTrainingArguments.filter(({ name }) => given[name] !== undefined);
  return Object.fromEntries(chosen.map(({ argument, name }) => [argument, given[name]]));
}

/** A training argument that does not exist, is out of range, or contradicts another. */
export class TrainingArgumentError extends TypedError {
  override readonly name = 'TrainingArgumentError';
  readonly kind = 'invalid';
}

/** Fills in SBERT's defaults and checks what was given. Throws `TrainingArgumentError`. */
export function resolveTrainingArguments(
  given: Partial<CrossEncoderTrainingArguments> = {},
): CrossEncoderTrainingArguments {
  const known = new Set<string>(trainingArgumentDescriptions.map(({ name }) => name));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      throw new TrainingArgumentError(`there is no training argument '${name}'`);
    }
  }
  const resolved = Object.fromEntries(
    trainingArgumentDescriptions.map((description) => [
      description.name,
      checked(description, given[description.name] ?? description.default),
    ]),
  ) as CrossEncoderTrainingArguments;
  checkTogether(resolved);
  return resolved;
}

function checked(description: ParameterDescription, value: ParameterValue): ParameterValue {
  const expected = expectedInstead(description, value);
  if (expected === null) return value;
  throw new TrainingArgumentError(
    `${description.name}: expected ${expected}, got ${JSON.stringify(value)}`,
  );
}

function checkTogether({
  evalStrategy,
  loadBestModelAtEnd,
  earlyStoppingPatience,
}: CrossEncoderTrainingArguments): void {
  if (evalStrategy !== 'no') return;
  const needy = loadBestModelAtEnd
    ? 'loadBestModelAtEnd'
    : earlyStoppingPatience !== null && 'earlyStoppingPatience';
  if (!needy) return;
  throw new TrainingArgumentError(
    `${needy} needs evaluations: set evalStrategy to 'steps' or 'epoch'`,
  );
}
