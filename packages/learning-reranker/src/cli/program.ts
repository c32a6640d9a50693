/** The program `reranker`: its commands, and the options of all commands. */
import { Command, CommanderError } from 'commander';
import { commandEntries } from './commands/index.js';
import { EXIT } from './failure.js';
import { VERSION } from './version.js';

/** The commands to define completely. The others have only a name and a summary. */
type Defined = 'all' | 'none' | { readonly only: string };

export async function createProgram(defined: Defined = 'all'): Promise<Command> {
  const program = new Command('reranker')
    .description(
      'A reranker that learns from your users: mine, choose a loss, train, evaluate, promote, rerank.',
    )
    .version(VERSION)
    .option('--json', 'print the result as JSON')
    .option('--verbose', 'print stack traces')
    .option('--data-dir <folder>', 'the folder of datasets, trainings and models')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .addHelpText(
      'after',
      `
From source code to a better model:
  $ reranker mine code ./src
  $ reranker dataset show --loss softmax
  $ reranker train --loss softmax
  $ reranker evaluate --model <id> --against live
  $ reranker promote <id>
  $ reranker rerank "parse a date" --documents candidates.jsonl

Exit codes: 0 success, 1 failure, 2 invalid command line or request.`,
    );
  for (const [name, { summary, load }] of commandEntries()) {
    const command = program.command(name).description(summary);
    const isDefined = typeof defined === 'object' ? defined.only === name : defined === 'all';
    if (isDefined) await (await load())(command, program);
  }
  return program;
}

/** Runs a command line and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = await createProgram(commandsNeeded(argv.slice(2)));
  inheritSettings(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  }
}

/** Only the called command is loaded, so that `--help` and every command start fast. */
function commandsNeeded(args: readonly string[]): Defined {
  const entries = commandEntries();
  const called = args.find((arg, at) => entries.has(arg) && args[at - 1] !== '--data-dir');
  if (called === undefined) return 'none';
  // Completion lists the options of all commands, and `help <command>` those of one.
  return called === 'completion' ? 'all' : { only: called };
}

/** Applies the error settings to all subcommands. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride().showSuggestionAfterError();
    inheritSettings(child);
  }
}
