/** Connects a command to the service of its data folder: the running one, or one that it starts for itself. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { startService } from '../api/service.js';
import { readAddress } from '../api/service-address.js';
import type { CommandContext } from './command.js';
import { VERSION } from './version.js';

/** The service refused a request, or does not respond. */
class ServiceError extends TypedError {
  override readonly name = 'ServiceError';
  readonly kind = 'unavailable';
}

export interface ServiceConnection {
  readonly url: string;
  /** Whether it was running before the command. If not, it ends with the command. */
  readonly isRunning: boolean;
  /** The parsed answer. @throws {ServiceError} */
  call<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer>;
  /** The answer as a stream, for large ones. @throws {ServiceError} */
  stream(path: string): Promise<ReadableStream<Uint8Array>>;
}

/** Runs `work` with the service. If the command starts the service, `doesJobs` decides whether it runs jobs. */
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

/** The running service of this data folder; null if there is none. */
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
        `The service at ${url} does not respond. A queued job continues when the service runs again: start it with reranker serve, and list its jobs with reranker runs.`,
        { cause: error },
      );
    });
    if (response.ok) return response;
    const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
    const hint =
      response.status === 401 || response.status === 403
        ? ' Commands send the API key in RERANKER_API_KEY.'
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
