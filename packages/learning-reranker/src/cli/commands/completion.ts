/** `reranker completion`: prints a completion script for a shell. */
import type { Command } from 'commander';
import { EXIT, UsageError } from '../failure.js';

export function completion(command: Command, program: Command): void {
  command
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      `
Examples:
  $ reranker completion bash >> ~/.bashrc
  $ reranker completion zsh > "\${fpath[1]}/_reranker"
  $ reranker completion fish > ~/.config/fish/completions/reranker.fish`,
    )
    .action((shell: string) => {
      try {
        process.stdout.write(completionScript(shell, wordsOf(program)));
      } catch (error) {
        process.stderr.write(`error ${(error as Error).message}\n`);
        process.exitCode = EXIT.wrongUse;
      }
    });
}

/** The words that can follow each command, such as `code` and `triplets` after `mine`. */
export function wordsOf(command: Command, path = ''): Map<string, string[]> {
  const words = new Map<string, string[]>();
  words.set(path, [
    ...command.commands.map((child) => child.name()),
    ...command.options.map((option) => option.long ?? '').filter(Boolean),
    '--help',
  ]);
  for (const child of command.commands) {
    for (const [key, value] of wordsOf(child, `${path} ${child.name()}`.trim()))
      words.set(key, value);
  }
  return words;
}

export function completionScript(shell: string, words: ReadonlyMap<string, string[]>): string {
  const cases = [...words]
    .filter(([path]) => path !== '')
    .map(([path, next]) => `    "${path}") words="${next.join(' ')}" ;;`)
    .join('\n');
  const lookup = `  case "$path" in\n${cases}\n    *) words="${(words.get('') ?? []).join(' ')}" ;;\n  esac`;
  if (shell === 'bash' || shell === 'zsh') {
    const prelude = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
    return `${prelude}_reranker() {
  local path="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) [ -z "$path" ] && path="$word" || path="$path $word" ;; esac
  done
${lookup}
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _reranker reranker
`;
  }
  if (shell === 'fish') {
    return [...words]
      .flatMap(([path, next]) => {
        const condition =
          path === ''
            ? '__fish_use_subcommand'
            : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
        return next.map((word) =>
          word.startsWith('--')
            ? `complete -c reranker -n '${condition}' -l ${word.slice(2)}`
            : `complete -c reranker -n '${condition}' -f -a ${word}`,
        );
      })
      .join('\n')
      .concat('\n');
  }
  throw new UsageError(`Expected bash, zsh or fish, got '${shell}'.`);
}
