/** Jobs: what waits, runs and ended; and a cycle, which is the whole loop as one job. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import type { PromotionReport } from '../../operations/promote.js';
import { requestOfSettings } from '../../operations/train.js';
import type { CommandAction, CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { formatSeconds } from '../progress.js';
import { showPromotion } from './evaluate-there.js';
import { followRun, type Run, runJob } from './run-job.js';
import { withService } from './service-connection.js';

const colours = {
  queued: 'yellow',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'dim',
} as const;

export const listRuns: CommandAction<{ status?: string; limit?: number }> = (
  context,
  { status, limit = 20 },
) =>
  withService(context, async (service) => {
    const query = new URLSearchParams({ limit: String(limit), ...(status && { status }) });
    const { runs } = await service.call<{ runs: Run[] }>('GET', `/api/runs?${query}`);
    for (const run of runs) context.print(lineOf(run));
    if (runs.length === 0) context.print('there are no runs; reranker cycle begins one');
    return runs;
  });

export const showRun: CommandAction<object> = (context, _options, [id = '']) =>
  withService(context, async (service) => {
    const run = await service.call<Run>('GET', pathOf(id));
    context.print(`${lineOf(run)}\n${JSON.stringify(run.result ?? run.request, null, 2)}`);
    return run;
  });

export const follow: CommandAction<object> = (context, _options, [id = '']) =>
  withService(
    context,
    async (service) => {
      const result = await followRun(context, service, pathOf(id).slice('/api/runs/'.length), {
        cancelOnAbort: false,
      });
      context.print(JSON.stringify(result, null, 2));
      return result;
    },
    { doesJobs: true },
  );

export const cancelRun: CommandAction<object> = (context, _options, [id = '']) =>
  change(context, id, 'cancel');

export const retryRun: CommandAction<object> = (context, _options, [id = '']) =>
  change(context, id, 'retry');

function change(context: CommandContext, id: string, action: 'cancel' | 'retry'): Promise<Run> {
  return withService(context, async (service) => {
    const run = await service.call<Run>('POST', `${pathOf(id)}/${action}`, {});
    context.print(lineOf(run));
    if (action === 'retry' && !service.isRunning) {
      context.note(
        `it waits for a service (reranker serve), or for: reranker runs follow ${run.id}`,
      );
    }
    return run;
  });
}

interface CycleOptions {
  readonly propose?: boolean;
  readonly clickModel?: string;
  readonly teacher?: string;
  readonly limit?: number;
}

type CycleResult = { readonly mined: { readonly records: number } } & PromotionReport;

export const cycle: CommandAction<CycleOptions> = async (context, options, folders) => {
  const { propose, clickModel, teacher, limit } = options;
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new UsageError(`there is no folder ${missing}`);
  if (folders.length > 0 && teacher !== undefined) {
    throw new UsageError(
      'a teacher scores what people clicked and rated, not what code is mined for',
    );
  }
  const result = await runJob<CycleResult>(context, 'cycle', {
    mine:
      folders.length > 0
        ? { source: 'code', folders: folders.map((folder) => resolve(folder)) }
        : {
            source: 'feedback',
            ...(clickModel !== undefined && { click_model: clickModel }),
            ...(teacher !== undefined && { teacher }),
          },
    train: requestOfSettings(context.settings),
    ...(propose && { action: 'propose' }),
    ...(limit !== undefined && { limit }),
  });
  context.print(`${result.mined.records} training records were mined`);
  showPromotion(context, result);
  return result;
};

function lineOf({ id, kind, status, progress, message, error, created, started, finished }: Run) {
  const state = styleText(colours[status], status.padEnd(9));
  const end = finished === null ? Date.now() : Date.parse(finished);
  const took = started === null ? '' : formatSeconds((end - Date.parse(started)) / 1000);
  const share = status === 'running' ? `${Math.floor(progress * 100)} %  ` : '';
  const said = error ?? (status === 'running' ? (message ?? '') : '');
  return `${id}  ${kind.padEnd(8)} ${state} ${created.slice(0, 19)}Z  ${took}  ${share}${said}`.trimEnd();
}

function pathOf(id: string): string {
  if (/^[\w-]{1,100}$/.test(id)) return `/api/runs/${id}`;
  throw new UsageError(`'${id}' is no run's id; reranker runs lists them`);
}
