/** `reranker schedule`: cycles at their times. */
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
    .description('a cycle at 3 every night, or at other times')
    .option('--cron <expression>', 'minute hour day month weekday')
    .addOption(teacherOption())
    .option('--propose', 'only say what passed')
    .addHelpText('after', '\nExample:\n  $ reranker schedule add --cron "30 2 * * 0" --propose')
    .action(action(addSchedule));
  schedule
    .command('remove')
    .argument('<id>', 'as reranker schedule shows it')
    .description('do it no more')
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
      context.print('there are no schedules; reranker schedule add makes a cycle at 3 every night');
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
      context.note('no service runs: it is due when one does (reranker serve)');
    }
    return made;
  });

const removeSchedule: CommandAction<object> = (context, _options, [id = '']) =>
  withService(context, async (service) => {
    if (!/^[\w-]{1,100}$/.test(id)) throw new UsageError(`'${id}' is no schedule's id`);
    const answer = await service.call<{ removed: boolean }>('DELETE', `${path}/${id}`);
    context.print(`${id} is removed`);
    return answer;
  });

/** A service does not see a command's environment; what stands in files it reads itself, whenever a cycle begins. */
function isOfThisCommand({ resolved }: CommandContext, key: SettingKey): boolean {
  return ['flag', 'environment'].includes(resolved.origins[key].source);
}

function lineOf({ id, cron, kind, next, last }: Schedule): string {
  return `${id}  ${kind}  ${cron}  next ${next ?? 'never'}${last === null ? '' : `, last ${last}`}`;
}
