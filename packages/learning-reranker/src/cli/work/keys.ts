/** Makes, lists and revokes API keys. */
import type { ApiKey, Scope } from '../../api/keys.js';
import type { CommandAction } from '../command.js';
import { UsageError } from '../failure.js';
import { withService } from './service-connection.js';

export const createKey: CommandAction<{ scope: readonly Scope[] }> = (
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

export const listKeys: CommandAction<object> = (context) =>
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

export const revokeKey: CommandAction<object> = (context, _options, [id = '']) =>
  withService(context, async (service) => {
    if (!/^[\w-]{1,100}$/.test(id)) throw new UsageError(`'${id}' is no key's id`);
    await service.call('DELETE', `/api/keys/${id}`);
    context.print(`${id} is revoked`);
    return { id, revoked: true };
  });
