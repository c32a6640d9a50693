/** Options from the fields of a request schema, and the request from what was given for them. */
import type { Command } from 'commander';
import type { RequestField } from '../operations/request-fields.js';
import { UsageError } from './failure.js';

/** Adds one option per field, in kebab-case. */
export function addOptions(command: Command, fields: readonly RequestField[]): void {
  for (const { name, type, description } of fields) {
    const value = type === 'boolean' ? '' : type === 'array' ? ' <value...>' : ' <value>';
    command.option(`${flagOf(name)}${value}`, description);
  }
}

/** The fields that were given as options. @throws {UsageError} for a value of the wrong type */
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
    throw new UsageError(`${flagOf(name)}: expected a ${type}, got '${given}'`);
  }
}

function camelCase(field: string): string {
  return field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
