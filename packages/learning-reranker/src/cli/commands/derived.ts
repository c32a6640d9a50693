/** A command whose options are the fields of its operation's request. */
import type { Command } from 'commander';
import { z } from 'zod';
import { registeredOperation } from '../../operations/index.js';
import type { DefineCommand } from '../command.js';
import { UsageError } from '../failure.js';
import { runsOperation } from '../run-operation.js';

interface Field {
  readonly type?: string;
  readonly description?: string;
}

/** One option per field, in kebab-case; numbers and JSON values are parsed. */
export async function derivedCommand(name: string): Promise<DefineCommand> {
  const { schema, examples } = await registeredOperation(name).load();
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Field>;
  };
  return (command: Command) => {
    for (const [field, { type, description = '' }] of Object.entries(properties)) {
      const flag = `--${field.replaceAll('_', '-')}`;
      command.option(type === 'boolean' ? flag : `${flag} <value>`, description);
    }
    const uses = Object.values(examples).map(
      ({ summary, value }) => `  $ reranker ${name}${argumentsOf(value)}    # ${summary}`,
    );
    command.addHelpText('after', `\nExamples:\n${uses.join('\n') || `  $ reranker ${name}`}`);
    command.action(
      runsOperation(name, {
        request: (options: Record<string, unknown>) =>
          Object.fromEntries(
            Object.entries(properties).flatMap(([field, { type }]) => {
              const given = options[camelCase(field)];
              return given === undefined ? [] : [[field, parsedValue(field, type, given)]];
            }),
          ),
      }),
    );
  };
}

function parsedValue(field: string, type: string | undefined, given: unknown): unknown {
  if (type === 'string' || type === 'boolean' || typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    if (type === undefined) return given;
    throw new UsageError(`--${field.replaceAll('_', '-')}: expected a ${type}, got '${given}'`);
  }
}

function argumentsOf(value: unknown): string {
  return Object.entries(value as object)
    .map(([field, one]) => {
      const flag = ` --${field.replaceAll('_', '-')}`;
      if (typeof one === 'boolean') return flag;
      return `${flag} ${typeof one === 'string' ? one : JSON.stringify(one)}`;
    })
    .join('');
}

function camelCase(field: string): string {
  return field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
