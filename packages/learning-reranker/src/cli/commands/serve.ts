/** `reranker serve` and `reranker worker`: run the service, or only its worker, until Ctrl-C. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { isLoopback } from '../../api/caller-check.js';
import { vendorNames } from '../../api/dialects/dialect.js';
import { dialects } from '../../api/dialects/index.js';
import { startService } from '../../api/service.js';
import type { ServedModel } from '../../serving/backends/backend.js';
import { action, type CommandAction } from '../command.js';
import { UsageError } from '../failure.js';
import { VERSION } from '../version.js';

export function serve(command: Command): void {
  command
    .option('--host <address>', 'the address to listen on (AGRO_RERANKER_HOST)')
    .option('--port <number>', 'the port to listen on (AGRO_RERANKER_PORT)')
    .option('--no-worker', 'do not run jobs; reranker worker runs them')
    .addHelpText(
      'after',
      `
Examples:
  $ reranker serve
  $ DATABASE_URL=postgresql://user@host/reranker reranker serve --no-worker
Without DATABASE_URL the service uses an embedded database in the data folder.`,
    )
    .action(action(startServing));
}

export function worker(command: Command): void {
  command
    .addHelpText(
      'after',
      `
Example:
  $ DATABASE_URL=postgresql://user@host/reranker reranker worker
The service and its workers share one data folder for datasets and models.`,
    )
    .action(action(startWorking));
}

const startServing: CommandAction<{ worker: boolean }> = async (context, { worker }) => {
  const { resolved, settings, signal } = context;
  if (!worker && settings.databaseUrl === null) {
    throw new UsageError(
      '--no-worker needs a database that other processes can use. Set DATABASE_URL.',
    );
  }
  const service = await startService({ resolved, version: VERSION, api: true, worker });
  const { url, database, model } = service;
  const vendors = vendorNames(dialects);
  // A service that others can reach needs a key in each request.
  const key = isLoopback(settings.host) ? '' : ` -H "authorization: Bearer $RERANKER_API_KEY"`;
  const jobs = worker
    ? ''
    : '\n  jobs wait for: reranker worker, with the same DATABASE_URL and data folder';
  context.note(`
${styleText('bold', `Learning Reranker  ${url}`)}
  ${describeModel(settings.backend, model)}; ${database} database; data in ${settings.dataDir}${jobs}

  rerank  curl ${url}/api/rerank${key} -H 'content-type: application/json' \\
            -d '{"query": "parse a date", "documents": ["socket.close()", "new Date(text)"]}'
          or a client of ${vendors}
  API     ${url}/docs   metrics ${url}/metrics
  demo    curl -X POST ${url}/api/reranker/demo${key}
          mines this machine's installed packages, trains and evaluates, and promotes a better model.
          It takes a few minutes. npx reranker runs shows its progress.

Ctrl-C stops.`);
  await untilAborted(signal);
  await service.close();
};

const startWorking: CommandAction<object> = async (context) => {
  const { resolved, settings, signal } = context;
  if (settings.databaseUrl === null) {
    throw new UsageError('A worker needs the database of its service. Set DATABASE_URL.');
  }
  const service = await startService({ resolved, version: VERSION, api: false, worker: true });
  context.note(`Running jobs; data in ${settings.dataDir}. Ctrl-C stops.`);
  await untilAborted(signal);
  await service.close();
};

function describeModel(backend: string, model: ServedModel | null): string {
  if (model) return `model ${model.id}${model.loss ? ` (${model.loss})` : ''}`;
  if (backend === 'none') return 'no model (backend none): documents keep their order';
  return `no model is loaded yet (backend ${backend}): see the log`;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
