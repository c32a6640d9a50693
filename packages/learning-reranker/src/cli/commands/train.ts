/** `reranker train`: trains a model from mined records, with a loss chosen by its SBERT name. */
import { styleText } from 'node:util';
import {
  type ExposedTrainingArgument,
  exposedTrainingArguments,
  kebabCase,
  type LossParameters,
  snakeCase,
} from '@learning-reranker/cross-encoder';
import { type Command, Option } from 'commander';
import { settingDefinitions } from '../../config/index.js';
import type { TrainedModel } from '../../operations/train.js';
import { requestOfSettings } from '../../operations/training-fields.js';
import type { CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { lossOption, numberWithin, whole } from '../option-values.js';
import { runsOperation } from '../run-operation.js';

interface TrainOptions extends Readonly<Record<string, unknown>> {
  readonly lossParameter?: readonly string[];
  readonly base?: string;
  readonly dataset?: string;
  readonly resume?: boolean | string;
}

export function train(command: Command): void {
  command
    .addOption(lossOption())
    .option(
      '--loss-parameter <name=value...>',
      'a parameter of the loss, such as posWeight=4; reranker losses lists them',
    )
    .option(
      '--base <model>',
      "the model to start from: 'live', 'starter', a model id, a folder or a hub id",
    )
    .option('--dataset <hash>', 'hash of a dataset; the default is a dataset of all mined records');
  for (const argument of exposedTrainingArguments) command.addOption(optionOf(argument));
  command
    .option('--resume [training]', 'continue the newest unfinished training, or this one')
    .addHelpText(
      'after',
      `
Examples:
  $ reranker train --loss softmax
  $ reranker train --loss BinaryCrossEntropyLoss --loss-parameter posWeight=4 --epochs 2
  $ reranker train --resume`,
    )
    .action(
      runsOperation<TrainOptions, TrainedModel>('train', {
        request: requestOf,
        onEvent: showEvent,
        show: showModel,
        interrupted:
          'Training stopped. Its checkpoint stays. Continue it with: reranker train --resume',
      }),
    );
}

const settingOptions = new Set(
  Object.values(settingDefinitions).map((one: { option?: string }) => one.option),
);

/** An option from the description of an argument. Values of settings are checked with the settings. */
function optionOf({
  name,
  type,
  choices,
  minimum = Number.NEGATIVE_INFINITY,
  maximum = Number.POSITIVE_INFINITY,
  description,
}: ExposedTrainingArgument): Option {
  const flag = kebabCase(name);
  const option = new Option(`--${flag} <${choices ? 'name' : 'n'}>`, description);
  if (choices) return option.choices(choices);
  if (settingOptions.has(flag)) return option;
  return option.argParser(type === 'integer' ? whole(minimum) : numberWithin(minimum, maximum));
}

function requestOf(options: TrainOptions, _args: unknown, { settings }: CommandContext): object {
  const { base, dataset, resume } = options;
  if (resume) return { resume };
  const given = exposedTrainingArguments.filter(
    ({ name }) => !settingOptions.has(kebabCase(name)) && options[name] !== undefined,
  );
  return {
    ...requestOfSettings(settings),
    ...Object.fromEntries(given.map(({ name }) => [snakeCase(name), options[name]])),
    loss_parameters: parseLossParameters(options.lossParameter ?? []),
    base,
    dataset,
  };
}

function parseLossParameters(given: readonly string[]): LossParameters {
  return Object.fromEntries(
    given.map((text) => {
      const [name = '', value] = text.split('=', 2);
      if (name === '' || value === undefined) {
        throw new UsageError(`--loss-parameter: expected name=value, got '${text}'`);
      }
      if (/^(?:null|none)$/i.test(value)) return [name, null];
      return [name, Number.isNaN(Number(value)) ? value : Number(value)];
    }),
  );
}

/** Prints an event of a training. */
export function showEvent(
  type: string,
  data: Readonly<Record<string, unknown>>,
  { note }: CommandContext,
): void {
  if (type === 'dataset') {
    const { loss, dataset, base, rows, warnings } = data;
    for (const warning of warnings as string[]) note(`note: ${warning}`);
    note(`${loss} on dataset ${dataset}: ${rows} rows, starting from ${base}`);
  } else if (type === 'evaluation' && 'step' in data) {
    const metrics = Object.entries(data.metrics as Record<string, number>).map(
      ([name, value]) => `${name} ${value.toFixed(4)}`,
    );
    note(`  step ${data.step}: ${metrics.join(', ')}${data.best ? ' (best so far)' : ''}`);
  } else if (type === 'prepared' && data.head === 'converted') {
    note('  The head was converted for this loss. Scores did not change.');
  } else if (type === 'prepared' && data.head === 'initialised') {
    note('  The head did not fit this loss, so a new one was initialized from the seed.');
  } else if (type === 'note') note(`  ${data.text}`);
}

function showModel({ modelId, steps, trainLoss }: TrainedModel, context: CommandContext): void {
  context.print(
    `model ${styleText('bold', String(modelId))}\n${steps} steps, mean loss ${trainLoss.toFixed(4)}\n` +
      `Next: reranker evaluate --model ${modelId} --against live`,
  );
}
