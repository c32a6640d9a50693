/** `reranker schedule`: cycles at their times. */
import type { Command } from 'commander';
import { runs } from '../command.js';
import { teacherOption } from '../option-values.js';

export function registerSchedule(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('cycles that the service does by itself; each promotes only what passes the gate')
    .addHelpText('after', '\nExample:\n  $ reranker schedule add --cron "0 3 * * *"')
    .action(runs(async () => (await import('../work/schedules.js')).listSchedules));
  schedule
    .command('add')
    .description('a cycle at 3 every night, or at other times')
    .option('--cron <expression>', 'minute hour day month weekday')
    .addOption(teacherOption())
    .option('--propose', 'only say what passed')
    .addHelpText('after', '\nExample:\n  $ reranker schedule add --cron "30 2 * * 0" --propose')
    .action(runs(async () => (await import('../work/schedules.js')).addSchedule));
  schedule
    .command('remove')
    .argument('<id>', 'as reranker schedule shows it')
    .description('do it no more')
    .addHelpText('after', '\nExample:\n  $ reranker schedule remove <id>')
    .action(runs(async () => (await import('../work/schedules.js')).removeSchedule));
}
