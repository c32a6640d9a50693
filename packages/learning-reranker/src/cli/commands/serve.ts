/** `reranker serve` and `reranker worker`: the service, whole or in parts, until Ctrl-C. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { isLoopback } from '../../api/caller-check.js';
import { startService } from '../../api/service.js';
import type { ServedModel } from '../../serving/backends/backend.js';
import { action, type CommandAction } from '../command.js';
import { UsageError } from '../failure.js';
import { VERSION } from '../version.js';

export function serve(command: Command): void {
  command
    .option('--host <address>', 'the address to listen on (AGRO_RERANKER_HOST)')
    .option('--port <number>', 'the port to listen on (AGRO_RERANKER_PORT)')
    .option('--no-worker', 'leave mining and training to reranker worker, here or elsewhere')
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
      '--no-worker leaves the jobs to a worker of another process, and the embedded database is for one process alone: set DATABASE_URL',
    );
  }
  const service = await startService({ resolved, version: VERSION, api: true, worker });
  const { url, database, model } = service;
  const answers = whatAnswers(settings.backend, model);
  // Others can reach it, and it asks for keys: commands for copying bring theirs.
  const key = isLoopback(settings.host) ? '' : ` -H "authorization: Bearer $RERANKER_API_KEY"`;
  const jobs = worker
    ? ''
    : '\n  jobs wait for: reranker worker, with the same DATABASE_URL and data folder';
  context.note(`
${styleText('bold', `Learning Reranker  ${url}`)}
  ${answers}; ${database} database; data in ${settings.dataDir}${jobs}

  rerank  curl ${url}/api/rerank${key} -H 'content-type: application/json' \\
            -d '{"query": "parse a date", "documents": ["socket.close()", "new Date(text)"]}'
          or a client of Cohere, Jina, Voyage or TEI at this address
  API     ${url}/docs   metrics ${url}/metrics
  demo    curl -X POST ${url}/api/reranker/demo${key}
          mines this machine's installed packages, trains, evaluates, promotes what is better:
          some minutes; npx reranker runs shows how far it is, npx reranker runs cancel <id> stops it

Ctrl-C stops.`);
  await untilAborted(signal);
  await service.close();
};

const startWorking: CommandAction<object> = async (context) => {
  const { resolved, settings, signal } = context;
  if (settings.databaseUrl === null) {
    throw new UsageError('a worker needs the database of its service: set DATABASE_URL');
  }
  const service = await startService({ resolved, version: VERSION, api: false, worker: true });
  context.note(`working on jobs; data in ${settings.dataDir}. Ctrl-C stops.`);
  await untilAborted(signal);
  await service.close();
};

function whatAnswers(backend: string, model: ServedModel | null): string {
  if (model) return `${model.id} answers${model.loss ? `, made by ${model.loss}` : ''}`;
  if (backend === 'none') return "no model reranks (backend none): the search's order comes back";
  return `no model answers yet (backend ${backend}): the log says why`;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
