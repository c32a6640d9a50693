/** `CrossEncoderTrainingArguments`: SBERT's names and defaults, in camelCase. */
import { type SchedulerType, schedulerTypes } from './schedule.js';

export interface CrossEncoderTrainingArguments {
  readonly outputDir: string | null;
  readonly numTrainEpochs: number;
  readonly maxSteps: number;
  readonly perDeviceTrainBatchSize: number;
  readonly perDeviceEvalBatchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly learningRate: number;
  readonly lrSchedulerType: SchedulerType;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  readonly maxGradNorm: number;
  readonly seed: number;
  readonly maxLength: number | null;
  readonly evalStrategy: 'no' | 'steps' | 'epoch';
  readonly evalSteps: number;
  readonly saveStrategy: 'no' | 'steps' | 'epoch';
  readonly saveSteps: number;
  readonly saveTotalLimit: number | null;
  readonly loadBestModelAtEnd: boolean;
  readonly metricForBestModel: string;
  readonly earlyStoppingPatience: number | null;
  readonly earlyStoppingThreshold: number;
  readonly loggingSteps: number;
  readonly threads: number | null;
}

/** One argument, from which command-line help, validation and documentation are made. */
export interface ArgumentDescription {
  readonly name: keyof CrossEncoderTrainingArguments;
  readonly type: 'number' | 'integer' | 'boolean' | 'string';
  readonly default: number | boolean | string | null;
  readonly minimum?: number;
  /** It must be less than this. */
  readonly below?: number;
  readonly choices?: readonly string[];
  readonly description: string;
}

export const trainingArgumentDescriptions: readonly ArgumentDescription[] = [
  {
    name: 'outputDir',
    type: 'string',
    default: null,
    description: 'Folder for checkpoints; none are written without it.',
  },
  {
    name: 'numTrainEpochs',
    type: 'number',
    default: 3,
    minimum: 0,
    description: 'Passes over the training rows; a fraction stops within one.',
  },
  {
    name: 'maxSteps',
    type: 'integer',
    default: -1,
    minimum: -1,
    description: 'Optimizer updates to make whatever the epochs say; -1 leaves it to the epochs.',
  },
  {
    name: 'perDeviceTrainBatchSize',
    type: 'integer',
    default: 8,
    minimum: 1,
    description: 'Rows in a training batch.',
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
    description: 'Batches whose gradients are averaged into one update.',
  },
  {
    name: 'learningRate',
    type: 'number',
    default: 5e-5,
    minimum: 0,
    description: 'The highest learning rate of the schedule.',
  },
  {
    name: 'lrSchedulerType',
    type: 'string',
    default: 'linear',
    choices: schedulerTypes,
    description: 'How the learning rate falls after the warmup.',
  },
  {
    name: 'warmupSteps',
    type: 'number',
    default: 0,
    minimum: 0,
    description:
      'Updates over which the learning rate rises; below 1 it is a share of all updates.',
  },
  {
    name: 'weightDecay',
    type: 'number',
    default: 0,
    minimum: 0,
    description: 'Decoupled decay of weights; biases and normalisation are left out.',
  },
  {
    name: 'adamBeta1',
    type: 'number',
    default: 0.9,
    minimum: 0,
    below: 1,
    description: "AdamW's decay of the gradient's average.",
  },
  {
    name: 'adamBeta2',
    type: 'number',
    default: 0.999,
    minimum: 0,
    below: 1,
    description: "AdamW's decay of the squared gradient's average.",
  },
  {
    name: 'adamEpsilon',
    type: 'number',
    default: 1e-8,
    minimum: 0,
    description: "Added to AdamW's denominator.",
  },
  {
    name: 'maxGradNorm',
    type: 'number',
    default: 1,
    minimum: 0,
    description: 'Gradients are scaled down to this norm; 0 leaves them alone.',
  },
  {
    name: 'seed',
    type: 'integer',
    default: 42,
    minimum: 0,
    description: 'Decides the order of rows, dropout, drawn negatives and a new head.',
  },
  {
    name: 'maxLength',
    type: 'integer',
    default: null,
    minimum: 8,
    description: 'Tokens of a pair, special ones included; what the model allows when not given.',
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
    description: 'Checkpoints kept; the best one and the newest are never removed.',
  },
  {
    name: 'loadBestModelAtEnd',
    type: 'boolean',
    default: false,
    description: 'Ends with the weights of the best evaluation.',
  },
  {
    name: 'metricForBestModel',
    type: 'string',
    default: 'loss',
    description:
      'The metric that says which evaluation is best; lower is better if its name ends in loss.',
  },
  {
    name: 'earlyStoppingPatience',
    type: 'integer',
    default: null,
    minimum: 1,
    description: 'Evaluations without improvement after which training stops.',
  },
  {
    name: 'earlyStoppingThreshold',
    type: 'number',
    default: 0,
    minimum: 0,
    description: 'How much better counts as an improvement.',
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
    description: "Threads within one op; ONNX Runtime's choice when not given.",
  },
];

/** An argument that does not exist, or is out of range, or does not go with another. */
export class TrainingArgumentError extends Error {
  override readonly name = 'TrainingArgumentError';
}

/** Fills in SBERT's defaults and checks what was given. Throws `TrainingArgumentError`. */
export function resolveTrainingArguments(
  given: Partial<CrossEncoderTrainingArguments> = {},
): CrossEncoderTrainingArguments {
  const known = new Set<string>(trainingArgumentDescriptions.map(({ name }) => name));
  for (const name of Object.keys(given)) {
    if (!known.has(name))
      throw new TrainingArgumentError(`there is no training argument '${name}'`);
  }
  const resolved = Object.fromEntries(
    trainingArgumentDescriptions.map((description) => [
      description.name,
      checked(description, given[description.name] ?? description.default),
    ]),
  ) as unknown as CrossEncoderTrainingArguments;
  checkTogether(resolved);
  return resolved;
}

function checked(description: ArgumentDescription, value: number | boolean | string | null) {
  const refuse = (expected: string): never => {
    throw new TrainingArgumentError(
      `${description.name}: expected ${expected}, got ${JSON.stringify(value)}`,
    );
  };
  if (value === null) return description.default === null ? null : refuse(`a ${description.type}`);
  if (description.type === 'boolean' || description.type === 'string') {
    if (typeof value !== description.type) refuse(`a ${description.type}`);
    if (description.choices && !description.choices.includes(value as string)) {
      refuse(`one of ${description.choices.join(', ')}`);
    }
    return value;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return refuse('a number');
  if (description.type === 'integer' && !Number.isInteger(value)) refuse('a whole number');
  if (description.minimum !== undefined && value < description.minimum) {
    refuse(`at least ${description.minimum}`);
  }
  if (description.below !== undefined && value >= description.below) {
    refuse(`less than ${description.below}`);
  }
  return value;
}

function checkTogether(given: CrossEncoderTrainingArguments): void {
  if (given.loadBestModelAtEnd && given.evalStrategy === 'no') {
    throw new TrainingArgumentError(
      "loadBestModelAtEnd needs evaluations: set evalStrategy to 'steps' or 'epoch'",
    );
  }
  if (given.earlyStoppingPatience !== null && given.evalStrategy === 'no') {
    throw new TrainingArgumentError(
      "earlyStoppingPatience needs evaluations: set evalStrategy to 'steps' or 'epoch'",
    );
  }
}
