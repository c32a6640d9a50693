/** The service of the data folder, for commands: the running one, or one that this process opens for the command alone. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { startService } from '../api/service.js';
import { readAddress } from '../api/service-address.js';
import type { CommandContext } from './command.js';
import { VERSION } from './version.js';

/** The service refused, in its own words, or is gone. */
export class ServiceError extends TypedError {
  override readonly name = 'ServiceError';
  readonly kind = 'unavailable';
}

export interface ServiceConnection {
  readonly url: string;
  /** Whether it runs by itself; else it ends with the command. */
  readonly isRunning: boolean;
  /** The parsed answer. @throws {ServiceError} */
  call<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer>;
  /** The answer as it comes, for what may be large. @throws {ServiceError} */
  stream(path: string): Promise<ReadableStream<Uint8Array>>;
}

/** Works with the service, whichever it is. One that is opened for the command does jobs only where the command waits for some. */
export async function withService<Result>(
  context: CommandContext,
  work: (service: ServiceConnection) => Promise<Result>,
  { doesJobs = false }: { readonly doesJobs?: boolean } = {},
): Promise<Result> {
  const running = await runningService(context);
  if (running) return work(running);
  const own = await startService({
    resolved: context.resolved,
    version: VERSION,
    api: true,
    worker: doesJobs,
    forOneCommand: true,
  });
  try {
    return await work(connection(own.url ?? '', false));
  } finally {
    await own.close();
  }
}

/** A busy service answers late; an address where nothing listens refuses at once. */
const HEALTH_TIMEOUT_MS = 15_000;

/** The service that runs with this data folder; null when there is none. */
export async function runningService({
  settings,
}: Pick<CommandContext, 'settings'>): Promise<ServiceConnection | null> {
  const address = await readAddress(settings.dataDir);
  if (!address) return null;
  const answer = await fetch(`${address.url}/health`, {
    signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
  })
    .then((response) => response.json() as Promise<{ instance?: string }>)
    .catch(() => null);
  if (answer?.instance !== address.instance) return null;
  return connection(address.url, true);
}

function connection(url: string, isRunning: boolean): ServiceConnection {
  const key = process.env.RERANKER_API_KEY;
  const request = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new ServiceError(
        `the service at ${url} does not answer any more. A job that it was asked for goes on when it runs again (reranker serve); reranker runs lists it`,
        { cause: error },
      );
    });
    if (response.ok) return response;
    const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
    const hint =
      response.status === 401 || response.status === 403
        ? '. Commands send the key that RERANKER_API_KEY holds'
        : '';
    throw new ServiceError(`${answer.error?.message ?? `status ${response.status}`}${hint}`);
  };
  return {
    url,
    isRunning,
    call: async <Answer>(method: string, path: string, body?: object) =>
      (await request(method, path, body)).json() as Promise<Answer>,
    stream: async (path) => (await request('GET', path)).body ?? new ReadableStream(),
  };
}
