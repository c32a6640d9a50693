/** `reranker keys`: creates, lists and revokes API keys. */
import { type Command, Option } from 'commander';
import type { ApiKey, Scope } from '../../api/keys.js';
import { action, type CommandAction } from '../command.js';
import { UsageError } from '../failure.js';
import { withService } from '../service-connection.js';

export function keys(keys: Command): void {
  keys.addHelpText('after', '\nExample:\n  $ reranker keys create shop --scope rerank feedback');
  keys
    .command('create')
    .argument('<name>', 'name of the application or person that uses it')
    .description('Create a key; it is shown only once')
    .addOption(
      new Option('--scope <scope...>', 'scopes of the key')
        .choices(['read', 'rerank', 'feedback', 'train', 'admin'])
        .default(['rerank', 'feedback']),
    )
    .addHelpText('after', '\nExample:\n  $ reranker keys create shop --scope rerank feedback')
    .action(action(createKey));
  keys
    .command('list')
    .description('List all keys; the keys themselves are not stored')
    .addHelpText('after', '\nExample:\n  $ reranker keys list')
    .action(action(listKeys));
  keys
    .command('revoke')
    .argument('<id>', 'an id from reranker keys list')
    .description('Revoke a key at once')
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
    context.print(
      `${made.key}\nSave this key: it is shown only once. Its scopes: ${scopes.join(', ')}`,
    );
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
      context.print('There are no keys. Create one with: reranker keys create <name>');
    }
    return keys;
  });

const revokeKey: CommandAction<object> = (context, _options, [id = '']) =>
  withService(context, async (service) => {
    if (!/^[\w-]{1,100}$/.test(id))
      throw new UsageError(
        `'${id}' is not the id of a key. List the keys with: reranker keys list`,
      );
    await service.call('DELETE', `/api/keys/${id}`);
    context.print(`Key ${id} is revoked.`);
    return { id, revoked: true };
  });
