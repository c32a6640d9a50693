/** The command line's program: `reranker` and its commands, each in a file of its own. */
import { Command, CommanderError } from 'commander';
import { registerCompletion } from './commands/completion.js';
import { registerConfig } from './commands/config.js';
import { registerDataset } from './commands/dataset.js';
import { registerDemo } from './commands/demo.js';
import { registerDoctor } from './commands/doctor.js';
import { registerEvaluate } from './commands/evaluate.js';
import { registerImport } from './commands/import.js';
import { registerJudgments } from './commands/judgments.js';
import { registerKeys } from './commands/keys.js';
import { registerLosses } from './commands/losses.js';
import { registerMine } from './commands/mine.js';
import { registerModels } from './commands/models.js';
import { registerPromote } from './commands/promote.js';
import { registerRerank } from './commands/rerank.js';
import { registerRuns } from './commands/runs.js';
import { registerSchedule } from './commands/schedule.js';
import { registerServe } from './commands/serve.js';
import { registerTrain } from './commands/train.js';
import { EXIT } from './failure.js';
import { VERSION } from './version.js';

export function createProgram(): Command {
  const program = new Command('reranker')
    .description(
      'The reranker that learns from your users: mine, choose a loss, train, evaluate, promote, rerank.',
    )
    .version(VERSION)
    .option('--json', 'print one JSON value for machines')
    .option('--verbose', 'print stack traces')
    .option('--data-dir <folder>', 'where datasets, runs and models are kept')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
From source code to a better model:
  $ reranker mine code ./src            documentation comment -> its code
  $ reranker dataset show --loss softmax
  $ reranker train --loss softmax
  $ reranker evaluate --model <id> --against live
  $ reranker promote <id>
  $ reranker rerank "parse a date" --documents candidates.jsonl

Exit codes: 0 done, 1 failed, 2 wrong use.`,
    );
  registerMine(program);
  registerDataset(program);
  registerLosses(program);
  registerTrain(program);
  registerEvaluate(program);
  registerPromote(program);
  registerModels(program);
  registerRerank(program);
  registerImport(program);
  registerJudgments(program);
  registerServe(program);
  registerRuns(program);
  registerSchedule(program);
  registerKeys(program);
  registerConfig(program);
  registerDoctor(program);
  registerDemo(program);
  registerCompletion(program);
  return program;
}

/** Runs a command line; the exit code is set, never forced. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  inheritExitOverride(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  }
}

/** commander's own errors are wrong use in subcommands as well. */
function inheritExitOverride(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride().showSuggestionAfterError();
    inheritExitOverride(child);
  }
}
