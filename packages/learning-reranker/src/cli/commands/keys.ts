/** `reranker keys`: who may call a service that others can reach. */
import { type Command, Option } from 'commander';
import type { ApiKey, Scope } from '../../api/keys.js';
import { action, type CommandAction } from '../command.js';
import { UsageError } from '../failure.js';
import { withService } from '../service-connection.js';

export function keys(keys: Command): void {
  keys.addHelpText('after', '\nExample:\n  $ reranker keys create shop --scope rerank feedback');
  keys
    .command('create')
    .argument('<name>', 'who it is for')
    .description('make a key; it is shown this once')
    .addOption(
      new Option('--scope <scope...>', 'what it may do')
        .choices(['read', 'rerank', 'feedback', 'train', 'admin'])
        .default(['rerank', 'feedback']),
    )
    .addHelpText('after', '\nExample:\n  $ reranker keys create shop --scope rerank feedback')
    .action(action(createKey));
  keys
    .command('list')
    .description('all keys, without themselves')
    .addHelpText('after', '\nExample:\n  $ reranker keys list')
    .action(action(listKeys));
  keys
    .command('revoke')
    .argument('<id>', 'the id that list shows')
    .description('from now on a key opens nothing')
    .addHelpText('after', '\nExample:\n  $ reranker keys revoke 0a1b2c3d4e5f')
    .action(action(revokeKey));
}

const createKey: CommandAction<{ scope: readonly Scope[] }> = (
  context,
  { scope: scopes },
  [name = ''],
) =>
  withService(context, async (service) => {
    const made = await service.call<{ id: string; key: string }>('POST', '/api/keys', {
      name,
      scopes,
    });
    context.print(`${made.key}\nKeep it: it is shown this once. It may: ${scopes.join(', ')}`);
    return made;
  });

const listKeys: CommandAction<object> = (context) =>
  withService(context, async (service) => {
    const { keys } = await service.call<{ keys: ApiKey[] }>('GET', '/api/keys');
    for (const { id, name, scopes, created, revoked } of keys) {
      const state = revoked === null ? `since ${created}` : `revoked ${revoked}`;
      context.print(`${id}  ${name}  ${scopes.join(', ')}  ${state}`);
    }
    if (keys.length === 0) {
      context.print('there are no keys; make one with: reranker keys create <name>');
    }
    return keys;
  });

const revokeKey: CommandAction<object> = (context, _options, [id = '']) =>
  withService(context, async (service) => {
    if (!/^[\w-]{1,100}$/.test(id)) throw new UsageError(`'${id}' is no key's id`);
    await service.call('DELETE', `/api/keys/${id}`);
    context.print(`${id} is revoked`);
    return { id, revoked: true };
  });
