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
  readonly name: ArgumentName;
  /**
   * Present where applications let their users choose the argument for a training. It holds what differs for
   * those users: a shorter name, a range that always makes sense, a sentence of its own.
   */
  readonly exposed?: Exposed;
}

type Exposed = Partial<Pick<ParameterDescription, 'name' | 'minimum' | 'maximum' | 'description'>>;
type Rest = Pick<ParameterDescription, 'minimum' | 'below'> & { readonly exposed?: Exposed };

function described<const Type extends ParameterDescription['type']>(type: Type) {
  return <const Default extends ParameterValue>(
    byDefault: Default,
    description: string,
    rest: Rest = {},
  ) => ({ type, default: byDefault, description, ...rest });
}

const number = described('number');
const whole = described('integer');
const flag = described('boolean');
const text = described('string');
const choice = <const Choice extends string>(
  choices: readonly Choice[],
  byDefault: Choice,
  description: string,
  rest?: Rest,
) => ({ ...text(byDefault, description, rest), choices });

/** Checkpoints are recognized by their arguments in this order: append new ones. */
const table = {
  outputDir: text(null, 'Folder for checkpoints. None writes no checkpoints.'),
  numTrainEpochs: number(3, 'Passes over the training rows; a fraction stops within a pass.', {
    minimum: 0,
    exposed: { name: 'epochs', minimum: 0.01, maximum: 100 },
  }),
  maxSteps: whole(
    -1,
    'Number of optimizer updates, instead of a number of epochs; -1 uses the epochs.',
    { minimum: -1, exposed: { minimum: 1, description: 'Maximum number of optimizer updates.' } },
  ),
  perDeviceTrainBatchSize: whole(8, 'Rows in a training batch.', {
    minimum: 1,
    exposed: { name: 'batchSize', maximum: 1024 },
  }),
  perDeviceEvalBatchSize: whole(8, 'Rows in an evaluation batch.', { minimum: 1 }),
  gradientAccumulationSteps: whole(1, 'Batches per update; their gradients are averaged.', {
    minimum: 1,
    exposed: {},
  }),
  learningRate: number(5e-5, 'Peak learning rate.', {
    minimum: 0,
    exposed: { minimum: 1e-8, maximum: 1 },
  }),
  lrSchedulerType: choice(
    schedulerTypes,
    'linear',
    'How the learning rate falls after the warmup.',
    { exposed: {} },
  ),
  warmupSteps: number(
    0,
    'Updates over which the learning rate rises from 0; a value below 1 is a share of all updates.',
    {
      minimum: 0,
      exposed: {
        name: 'warmupRatio',
        maximum: 1,
        description: 'Share of all updates over which the learning rate rises from 0.',
      },
    },
  ),
  weightDecay: number(
    0,
    'Decoupled weight decay. It does not apply to biases and normalization layers.',
    { minimum: 0, exposed: { maximum: 1 } },
  ),
  adamBeta1: number(0.9, "Decay rate of AdamW's average of gradients.", { minimum: 0, below: 1 }),
  adamBeta2: number(0.999, "Decay rate of AdamW's average of squared gradients.", {
    minimum: 0,
    below: 1,
  }),
  adamEpsilon: number(1e-8, "Term added to AdamW's denominator to keep it above 0.", {
    minimum: 0,
  }),
  maxGradNorm: number(1, 'Maximum norm of the gradients; 0 disables clipping.', {
    minimum: 0,
    exposed: {},
  }),
  seed: whole(42, 'Seed for the order of rows, dropout, drawn negatives and a new head.', {
    minimum: 0,
    exposed: {},
  }),
  maxLength: whole(
    null,
    "Maximum number of tokens in a pair, special tokens included. None uses the model's limit.",
    {
      minimum: 8,
      exposed: {
        maximum: 8192,
        description: 'Maximum number of tokens in a pair, special tokens included.',
      },
    },
  ),
  evalStrategy: choice(['no', 'steps', 'epoch'], 'no', 'When to evaluate.'),
  evalSteps: whole(500, 'Updates between evaluations.', { minimum: 1 }),
  saveStrategy: choice(['no', 'steps', 'epoch'], 'steps', 'When to write a checkpoint.'),
  saveSteps: whole(500, 'Updates between checkpoints.', { minimum: 1 }),
  saveTotalLimit: whole(
    null,
    'Maximum number of checkpoints to keep. The best and the newest are always kept.',
    {
      minimum: 1,
    },
  ),
  loadBestModelAtEnd: flag(false, 'Whether training ends with the weights of the best evaluation.'),
  metricForBestModel: text(
    'loss',
    'The metric that decides which evaluation is best. Lower is better if its name ends in loss.',
  ),
  earlyStoppingPatience: whole(
    null,
    'Training stops after this many evaluations without improvement.',
    { minimum: 1, exposed: {} },
  ),
  earlyStoppingThreshold: number(
    0,
    'Smallest change of the metric that counts as an improvement.',
    { minimum: 0 },
  ),
  loggingSteps: whole(1, 'Updates between step events.', { minimum: 1 }),
  threads: whole(null, 'Threads of ONNX Runtime. None lets ONNX Runtime choose.', {
    minimum: 1,
  }),
};

type ArgumentName = keyof typeof table;

/** Every training argument, typed by its description. */
export type CrossEncoderTrainingArguments = {
  readonly [Name in ArgumentName]: ValueOf<(typeof table)[Name]>;
};

export const trainingArgumentDescriptions: readonly TrainingArgumentDescription[] = Object.entries(
  table,
).map(([name, description]) => ({ name: name as ArgumentName, ...description }));

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

/** The given arguments, checked, with SBERT's defaults for the others. Throws `TrainingArgumentError`. */
export function resolveTrainingArguments(
  given: Partial<CrossEncoderTrainingArguments> = {},
): CrossEncoderTrainingArguments {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name)) continue;
    throw new TrainingArgumentError(`Unknown training argument '${name}'.`);
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
    `${description.name}: expected ${expected}, got ${JSON.stringify(value)}.`,
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
    `${needy} needs evaluations. Set evalStrategy to 'steps' or 'epoch'.`,
  );
}
