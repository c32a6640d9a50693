/** Makes options from the fields of a request schema, and a request from the options of a command line. */
import { type Command, Option } from 'commander';
import type { RequestField } from '../operations/request-fields.js';
import { UsageError } from './failure.js';

/** Adds one option per field, in kebab-case. */
export function addOptions(command: Command, fields: readonly RequestField[]): void {
  for (const { name, type, choices, description } of fields) {
    const value = type === 'boolean' ? '' : type === 'array' ? ' <value...>' : ' <value>';
    const option = new Option(`${flagOf(name)}${value}`, description);
    command.addOption(choices ? option.choices(choices) : option);
  }
}

/** The fields that options set. @throws {UsageError} for a value of the wrong type */
export function requestFrom(
  fields: readonly RequestField[],
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const given = options[camelCase(field.name)];
      return given === undefined ? [] : [[field.name, parsed(field, given)]];
    }),
  );
}

export function flagOf(field: string): string {
  return `--${field.replaceAll('_', '-')}`;
}

function parsed({ name, type }: RequestField, given: unknown): unknown {
  if (type === 'string' || typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    if (type === undefined) return given;
    throw new UsageError(`${flagOf(name)}: expected a value of type ${type}, got '${given}'.`);
  }
}

function camelCase(field: string): string {
  return field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
