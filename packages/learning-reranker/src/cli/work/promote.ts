/** Makes a model live, or what was live before. */
import { styleText } from 'node:util';
import { evaluationTable } from '../../comparison/index.js';
import { reportOf } from '../../operations/evaluate.js';
import {
  type HistoryRow,
  promotableModel,
  promote,
  resolveModel,
  rollback,
} from '../../registry/index.js';
import type { CommandAction } from '../command.js';
import { EXIT } from '../failure.js';
import { compareShowing } from './evaluate.js';
import { promoteThere } from './evaluate-there.js';
import { runningService } from './service-connection.js';

interface PromoteOptions {
  readonly force?: boolean;
  readonly minimumQueries?: number;
  readonly limit?: number;
}

export const promoteModel: CommandAction<PromoteOptions> = async (
  context,
  { force, minimumQueries, limit },
  [name = ''],
) => {
  const { dataDir } = context.settings;
  const service = minimumQueries === undefined ? await runningService(context) : null;
  if (service) return promoteThere(context, service, { model: name, force, limit });
  const model = await promotableModel(dataDir, name);
  const live = await resolveModel(dataDir, 'live');
  if (force) {
    const row = await promote(dataDir, model.id, {
      forced: true,
      reason: 'forced, without a comparison',
    });
    context.print(`${styleText('yellow', 'live by force')} ${row.to} (before: ${row.from})`);
    return { promoted: true, forced: true, ...row };
  }
  const compared = await compareShowing(context, model, live, {
    split: 'test',
    limit,
    minimumQueries,
  });
  const { evaluation, decision } = compared;
  const report = reportOf(model, live, 'test', compared);
  context.print(evaluationTable(evaluation));
  if (!decision?.promoted) {
    context.print(
      `\n${styleText('yellow', 'not promoted')} ${decision?.reason}\n${live.id} stays live; --force makes ${model.id} live all the same.`,
    );
    process.exitCode = EXIT.failed;
    return { promoted: false, live: live.id, reason: decision?.reason ?? '', report };
  }
  const row = await promote(dataDir, model.id, { reason: decision.reason, over: live.id });
  context.print(`\n${styleText('green', 'live')} ${row.to} (${row.loss}): ${decision.reason}`);
  return { promoted: true, forced: false, ...row, report };
};

export const rollbackModel: CommandAction<object> = async (context) => {
  const service = await runningService(context);
  const { ok, ...row } = service
    ? await service.call<HistoryRow & { ok: true }>('POST', '/api/reranker/rollback')
    : { ok: true, ...(await rollback(context.settings.dataDir)) };
  context.print(`${styleText('green', 'live')} ${row.to} (before: ${row.from})`);
  return row;
};
