/** The fields of a training request, derived from cross-encoder's descriptions of training arguments. */
import {
  exposedTrainingArguments,
  kebabCase,
  type ParameterDescription,
  snakeCase,
} from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import {
  type SettingKey,
  type Settings,
  settingDefinitions,
  settingKeys,
} from '../config/index.js';
import type { ChosenArguments } from '../training/plan-training.js';

/** By snake_case names, such as `learning_rate`. */
export const trainingFields: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  exposedTrainingArguments.map((argument) => [
    snakeCase(argument.name),
    schemaOf(argument).optional().describe(argument.description),
  ]),
);

function schemaOf({ name, type, choices, minimum, maximum }: ParameterDescription): z.ZodType {
  if (choices) return z.enum(choices as [string, ...string[]]);
  if (type === 'boolean') return z.boolean();
  if (type === 'string') return z.string().max(200);
  let number = type === 'integer' ? z.int() : z.number();
  if (minimum !== undefined) number = number.min(minimum);
  if (maximum !== undefined) number = number.max(maximum);
  return name === 'epochs' ? z.union([number, z.literal('auto')]) : number;
}

/** Fields that are also settings, with the key of the setting: the loss, and arguments with the same option. */
const settingsOfFields: readonly (readonly [string, SettingKey])[] = [
  ['loss', 'loss'],
  ...exposedTrainingArguments.flatMap(({ name }) => {
    const option = kebabCase(name);
    const key = settingKeys.find((one) => optionOf(one) === option);
    return key ? [[snakeCase(name), key] as const] : [];
  }),
];

function optionOf(key: SettingKey): string | undefined {
  const definition: { readonly option?: string } = settingDefinitions[key];
  return definition.option;
}

/** The fields of a training request that settings give; only those settings that `counts` accepts. */
export function requestOfSettings(
  settings: Settings,
  counts: (key: SettingKey) => boolean = () => true,
): Record<string, unknown> {
  return Object.fromEntries(
    settingsOfFields.filter(([, key]) => counts(key)).map(([field, key]) => [field, settings[key]]),
  );
}

/** The training arguments of a request by their exposed names. Settings fill in absent ones. */
export function chosenArguments(
  settings: Settings,
  request: Readonly<Record<string, unknown>>,
): ChosenArguments {
  const all: Record<string, unknown> = { ...requestOfSettings(settings) };
  for (const [field, value] of Object.entries(request)) {
    if (value !== undefined) all[field] = value;
  }
  return Object.fromEntries(
    exposedTrainingArguments.map(({ name }) => [name, all[snakeCase(name)]]),
  ) as ChosenArguments;
}
