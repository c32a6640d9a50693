/** `reranker runs`: lists, shows, follows, cancels and retries jobs. */
import { styleText } from 'node:util';
import { type Command, Option } from 'commander';
import { action, type CommandAction, type CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { followJob, type Run } from '../follow-job.js';
import { whole } from '../option-values.js';
import { formatSeconds } from '../progress.js';
import { withService } from '../service-connection.js';

export function runs(command: Command): void {
  command
    .addOption(
      new Option('--status <status>', 'only jobs with this status').choices(Object.keys(colours)),
    )
    .option('--limit <n>', 'maximum number of jobs to list; the default is 20', whole(1))
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker runs\n  $ reranker runs follow <id>\n  $ reranker runs cancel <id>',
    )
    .action(action(listRuns));
  const ofOneJob: [string, string, CommandAction<object>][] = [
    ['show', 'Show a job and its result', showRun],
    ['follow', 'Wait until a job ends; Ctrl-C does not cancel the job', follow],
    ['cancel', 'Cancel a job; a training keeps its checkpoint', cancelRun],
    ['retry', 'Queue an ended job again', retryRun],
  ];
  for (const [name, description, work] of ofOneJob) {
    command
      .command(name)
      .argument('<id>', 'an id from reranker runs')
      .description(description)
      .addHelpText('after', `\nExample:\n  $ reranker runs ${name} <id>`)
      .action(action(work));
  }
}

const colours = {
  queued: 'yellow',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'dim',
} as const;

const listRuns: CommandAction<{ status?: string; limit?: number }> = (
  context,
  { status, limit = 20 },
) =>
  withService(context, async (service) => {
    const query = new URLSearchParams({ limit: String(limit), ...(status && { status }) });
    const { runs } = await service.call<{ runs: Run[] }>('GET', `/api/runs?${query}`);
    for (const run of runs) context.print(lineOf(run));
    if (runs.length === 0) context.print('There are no jobs. Start one with: reranker cycle');
    return runs;
  });

const showRun: CommandAction<object> = (context, _options, [id = '']) =>
  withService(context, async (service) => {
    const run = await service.call<Run>('GET', pathOf(id));
    context.print(`${lineOf(run)}\n${JSON.stringify(run.result ?? run.request, null, 2)}`);
    return run;
  });

const follow: CommandAction<object> = (context, _options, [id = '']) =>
  withService(
    context,
    async (service) => {
      const result = await followJob(context, service, pathOf(id).slice('/api/runs/'.length), {
        cancelOnAbort: false,
      });
      context.print(JSON.stringify(result, null, 2));
      return result;
    },
    { doesJobs: true },
  );

const cancelRun: CommandAction<object> = (context, _options, [id = '']) =>
  change(context, id, 'cancel');

const retryRun: CommandAction<object> = (context, _options, [id = '']) =>
  change(context, id, 'retry');

function change(context: CommandContext, id: string, action: 'cancel' | 'retry'): Promise<Run> {
  return withService(context, async (service) => {
    const run = await service.call<Run>('POST', `${pathOf(id)}/${action}`, {});
    context.print(lineOf(run));
    if (action === 'retry' && !service.isRunning) {
      context.note(
        `The job is queued. Run it with: reranker serve, or reranker runs follow ${run.id}`,
      );
    }
    return run;
  });
}

function lineOf({ id, kind, status, progress, message, error, created, started, finished }: Run) {
  const state = styleText(colours[status], status.padEnd(9));
  const end = finished === null ? Date.now() : Date.parse(finished);
  const took = started === null ? '' : formatSeconds((end - Date.parse(started)) / 1000);
  const share = status === 'running' ? `${Math.floor(progress * 100)} %  ` : '';
  const text = error ?? (status === 'running' ? (message ?? '') : '');
  return `${id}  ${kind.padEnd(8)} ${state} ${created.slice(0, 19)}Z  ${took}  ${share}${text}`.trimEnd();
}

function pathOf(id: string): string {
  if (/^[\w-]{1,100}$/.test(id)) return `/api/runs/${id}`;
  throw new UsageError(`'${id}' is not the id of a job. List the jobs with: reranker runs`);
}
