/** Makes, lists and revokes API keys, straight in the database. */
import { ApiKeys, type Scope } from '../../api/keys.js';
import { openDatabase } from '../../database/index.js';
import type { CommandAction, CommandContext } from '../command.js';
import { UsageError } from '../failure.js';

export const createKey: CommandAction<{ scope: readonly Scope[] }> = async (
  context,
  { scope },
  [name = ''],
) => {
  const created = await withKeys(context, (keys) => keys.create(name, scope));
  context.print(`${created.key}\nKeep it: it is shown this once. It may: ${scope.join(', ')}`);
  return created;
};

export const listKeys: CommandAction<object> = async (context) => {
  const all = await withKeys(context, (keys) => keys.list());
  for (const { id, name, scopes, created, revoked } of all) {
    const state = revoked === null ? `since ${created}` : `revoked ${revoked}`;
    context.print(`${id}  ${name}  ${scopes.join(', ')}  ${state}`);
  }
  if (all.length === 0)
    context.print('there are no keys; make one with: reranker keys create <name>');
  return all;
};

export const revokeKey: CommandAction<object> = async (context, _options, [id = '']) => {
  if (!(await withKeys(context, (keys) => keys.revoke(id)))) {
    throw new UsageError(`there is no key ${id} in force; reranker keys list shows them`);
  }
  context.print(`${id} is revoked`);
  return { id, revoked: true };
};

async function withKeys<Result>(
  { settings }: CommandContext,
  work: (keys: ApiKeys) => Promise<Result>,
): Promise<Result> {
  const { databaseUrl: url, dataDir } = settings;
  const database = await openDatabase({ url, dataDir });
  try {
    return await work(new ApiKeys(database.db));
  } finally {
    await database.close();
  }
}
