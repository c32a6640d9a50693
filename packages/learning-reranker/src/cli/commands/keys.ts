/** `reranker keys`: who may call a service that others can reach. */
import { type Command, Option } from 'commander';
import { runs } from '../command.js';

export function registerKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('keys for a service that others can reach')
    .addHelpText('after', '\nExample:\n  $ reranker keys create shop --scope rerank feedback');
  keys
    .command('create')
    .argument('<name>', 'who it is for')
    .description('make a key; it is shown this once')
    .addOption(
      new Option('--scope <scope...>', 'what it may do')
        .choices(['read', 'rerank', 'feedback', 'train', 'admin'])
        .default(['rerank', 'feedback']),
    )
    .addHelpText('after', '\nExample:\n  $ reranker keys create shop --scope rerank feedback')
    .action(runs(async () => (await import('../work/keys.js')).createKey));
  keys
    .command('list')
    .description('all keys, without themselves')
    .addHelpText('after', '\nExample:\n  $ reranker keys list')
    .action(runs(async () => (await import('../work/keys.js')).listKeys));
  keys
    .command('revoke')
    .argument('<id>', 'the id that list shows')
    .description('from now on a key opens nothing')
    .addHelpText('after', '\nExample:\n  $ reranker keys revoke 0a1b2c3d4e5f')
    .action(runs(async () => (await import('../work/keys.js')).revokeKey));
}
