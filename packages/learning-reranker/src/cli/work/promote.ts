/** Makes a model live, or what was live before. */
import { styleText } from 'node:util';
import { decidePromotion, evaluationTable, MINIMUM_QUERIES } from '../../comparison/index.js';
import { promote, RegistryError, resolveModel, rollback } from '../../registry/index.js';
import type { CommandAction } from '../command.js';
import { EXIT } from '../failure.js';
import { compareModels } from './evaluate.js';

interface PromoteOptions {
  readonly force?: boolean;
  readonly minimumQueries?: number;
  readonly limit?: number;
}

export const promoteModel: CommandAction<PromoteOptions> = async (
  context,
  options,
  [name = ''],
) => {
  const { dataDir } = context.settings;
  const model = await resolveModel(dataDir, name);
  if (!model.manifest) {
    throw new RegistryError(`only models trained here can be promoted; ${name} has no manifest`);
  }
  if (options.force) {
    const row = await promote(dataDir, model.id, {
      forced: true,
      reason: 'forced, without comparison',
    });
    context.print(`${styleText('yellow', 'live by force')} ${row.to} (before: ${row.from})`);
    return { promoted: true, forced: true, ...row };
  }
  const live = await resolveModel(dataDir, 'live');
  const { evaluation } = await compareModels(context, model, live, {
    split: 'test',
    limit: options.limit,
  });
  const ndcgOf = (id: string) =>
    evaluation.systems.find(({ system }) => system === id)?.ndcgPerQuery ?? [];
  const minimum = options.minimumQueries ?? MINIMUM_QUERIES;
  const decision = decidePromotion(ndcgOf(model.id), ndcgOf(live.id), minimum);
  context.print(evaluationTable(evaluation));
  if (!decision.promoted) {
    context.print(
      `${styleText('yellow', 'not promoted')} ${decision.reason}\n${live.id} stays live.`,
    );
    process.exitCode = EXIT.failed;
    return { promoted: false, live: live.id, decision };
  }
  const row = await promote(dataDir, model.id, { reason: decision.reason });
  context.print(`${styleText('green', 'live')} ${row.to} (${row.loss}): ${decision.reason}`);
  return { promoted: true, forced: false, ...row, decision };
};

export const rollbackModel: CommandAction<object> = async (context) => {
  const row = await rollback(context.settings.dataDir);
  context.print(`${styleText('green', 'live')} ${row.to} (before: ${row.from})`);
  return row;
};
