/** Options from the fields of a request schema, and the request from what was given for them. */
import type { Command } from 'commander';
import { z } from 'zod';
import { UsageError } from './failure.js';

export interface RequestField {
  /** The field of the request, such as `num_negatives`. */
  readonly name: string;
  readonly type?: string;
  readonly description: string;
  readonly required: boolean;
}

interface JsonSchema {
  readonly properties?: Readonly<
    Record<string, { readonly type?: string; readonly description?: string }>
  >;
  readonly required?: readonly string[];
}

export function fieldsOf(schema: z.ZodType): RequestField[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema;
  return Object.entries(properties).map(([name, { type, description = '' }]) => ({
    name,
    ...(type !== undefined && { type }),
    description,
    required: required.includes(name),
  }));
}

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
