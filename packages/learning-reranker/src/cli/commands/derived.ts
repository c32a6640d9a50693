/** A command whose options are the fields of its operation's request. */
import type { Command } from 'commander';
import { registeredOperation } from '../../operations/index.js';
import { fieldsOf } from '../../operations/request-fields.js';
import type { DefineCommand } from '../command.js';
import { runsOperation } from '../run-operation.js';
import { addOptions, flagOf, requestFrom } from '../schema-options.js';

export async function derivedCommand(name: string): Promise<DefineCommand> {
  const { schema, examples } = await registeredOperation(name).load();
  const fields = fieldsOf(schema);
  return (command: Command) => {
    addOptions(command, fields);
    const uses = Object.values(examples).map(
      ({ summary, value }) => `  $ reranker ${name}${argumentsOf(value)}    # ${summary}`,
    );
    command
      .addHelpText('after', `\nExamples:\n${uses.join('\n') || `  $ reranker ${name}`}`)
      .action(
        runsOperation(name, {
          request: (options: Readonly<Record<string, unknown>>) => requestFrom(fields, options),
        }),
      );
  };
}

/** The options of an example request. */
function argumentsOf(value: unknown): string {
  return Object.entries(value as object)
    .map(([field, one]) => {
      if (typeof one === 'boolean') return ` ${flagOf(field)}`;
      return ` ${flagOf(field)} ${typeof one === 'string' ? one : JSON.stringify(one)}`;
    })
    .join('');
}
