/** `reranker serve`, `reranker worker`: the service, whole or in parts. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('start the service: HTTP API, model host, and the worker that mines and trains')
    .option('--host <address>', 'the address to listen on (AGRO_RERANKER_HOST)')
    .option('--port <number>', 'the port to listen on (AGRO_RERANKER_PORT)')
    .option('--no-worker', 'leave mining and training to reranker worker, here or elsewhere')
    .addHelpText(
      'after',
      `
Examples:
  $ reranker serve
  $ DATABASE_URL=postgresql://user@host/reranker reranker serve --no-worker
Without DATABASE_URL the database is embedded and lies in the data folder.`,
    )
    .action(runs(async () => (await import('../work/serve.js')).serve));
  program
    .command('worker')
    .description('work on the jobs of a service that keeps its data in PostgreSQL')
    .addHelpText(
      'after',
      `
Example:
  $ DATABASE_URL=postgresql://user@host/reranker reranker worker
Services and workers share the data folder, where datasets and models lie.`,
    )
    .action(runs(async () => (await import('../work/serve.js')).work));
}
