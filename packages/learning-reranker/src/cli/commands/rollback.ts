/** `reranker rollback`: makes the previous model live again. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { type HistoryRow, rollback as rollBack } from '../../registry/index.js';
import { action } from '../command.js';
import { runningService } from '../service-connection.js';

export function rollback(command: Command): void {
  command.addHelpText('after', '\nExample:\n  $ reranker rollback').action(
    action(async (context) => {
      const service = await runningService(context);
      const { ok, ...row } = service
        ? await service.call<HistoryRow & { ok: true }>('POST', '/api/reranker/rollback')
        : { ok: true, ...(await rollBack(context.settings.dataDir)) };
      context.print(`${styleText('green', 'live')} ${row.to} (before: ${row.from})`);
      return row;
    }),
  );
}
