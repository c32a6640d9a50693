/** `reranker schedule`: runs cycles at set times. */
import type { Command } from 'commander';
import type { SettingKey } from '../../config/index.js';
import { requestOfSettings } from '../../operations/training-fields.js';
import { action, type CommandAction, type CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { teacherOption } from '../option-values.js';
import { withService } from '../service-connection.js';

export function schedule(schedule: Command): void {
  schedule
    .addHelpText('after', '\nExample:\n  $ reranker schedule add --cron "0 3 * * *"')
    .action(action(listSchedules));
  schedule
    .command('add')
    .description('Add a schedule for a cycle')
    .option(
      '--cron <expression>',
      'minute, hour, day, month and weekday; the default is "0 3 * * *"',
    )
    .addOption(teacherOption())
    .option('--propose', 'only report; do not promote')
    .addHelpText('after', '\nExample:\n  $ reranker schedule add --cron "30 2 * * 0" --propose')
    .action(action(addSchedule));
  schedule
    .command('remove')
    .argument('<id>', 'an id from reranker schedule')
    .description('Remove a schedule')
    .addHelpText('after', '\nExample:\n  $ reranker schedule remove <id>')
    .action(action(removeSchedule));
}

interface Schedule {
  readonly id: string;
  readonly cron: string;
  readonly kind: string;
  readonly request: unknown;
  readonly next: string | null;
  readonly last: string | null;
}

const path = '/api/reranker/schedule';

const listSchedules: CommandAction<object> = (context) =>
  withService(context, async (service) => {
    const { schedules } = await service.call<{ schedules: Schedule[] }>('GET', path);
    for (const one of schedules) context.print(lineOf(one));
    if (schedules.length === 0) {
      context.print('There are no schedules. Add a nightly cycle with: reranker schedule add');
    }
    return schedules;
  });

interface ScheduleOptions {
  readonly cron?: string;
  readonly teacher?: string;
  readonly propose?: boolean;
}

const addSchedule: CommandAction<ScheduleOptions> = (context, { cron, teacher, propose }) =>
  withService(context, async (service) => {
    const train = requestOfSettings(context.settings, (key) => isOfThisCommand(context, key));
    const made = await service.call<Schedule>('POST', path, {
      kind: 'cycle',
      ...(cron !== undefined && { cron }),
      request: {
        ...(propose && { action: 'propose' }),
        ...(teacher !== undefined && { mine: { source: 'feedback', teacher } }),
        ...(Object.keys(train).length > 0 && { train }),
      },
    });
    context.print(lineOf(made));
    if (!service.isRunning) {
      context.note('No service is running. Schedules need one: reranker serve');
    }
    return made;
  });

const removeSchedule: CommandAction<object> = (context, _options, [id = '']) =>
  withService(context, async (service) => {
    if (!/^[\w-]{1,100}$/.test(id))
      throw new UsageError(
        `'${id}' is not the id of a schedule. List them with: reranker schedule`,
      );
    const answer = await service.call<{ removed: boolean }>('DELETE', `${path}/${id}`);
    context.print(`Schedule ${id} is removed.`);
    return answer;
  });

/** Flags and environment variables of this command are unknown to the service, which reads only the files. */
function isOfThisCommand({ resolved }: CommandContext, key: SettingKey): boolean {
  return ['flag', 'environment'].includes(resolved.origins[key].source);
}

function lineOf({ id, cron, kind, next, last }: Schedule): string {
  return `${id}  ${kind}  ${cron}  next ${next ?? 'never'}${last === null ? '' : `, last ${last}`}`;
}
