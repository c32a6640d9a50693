/** Has a job done: by the running service, or here where none runs; and shows how it goes. */
import type { JobKind } from '../../database/index.js';
import { openDatabase } from '../../database/index.js';
import { JobQueue, startWorker } from '../../runs/index.js';
import type { CommandContext } from '../command.js';
import { Progress } from '../progress.js';

/** A job that ended without what it was for. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
}

type Result = Record<string, unknown>;

export async function runJob(
  context: CommandContext,
  kind: JobKind,
  request: Record<string, unknown>,
): Promise<Result> {
  const service = await runningService(context);
  return service === null
    ? runHere(context, kind, request)
    : runThere(context, service, kind, request);
}

/** The address of the service of this data folder; null when it does not answer. */
async function runningService({ settings }: CommandContext): Promise<string | null> {
  const host = settings.host === '0.0.0.0' ? '127.0.0.1' : settings.host;
  const url = `http://${host}:${settings.port}`;
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) });
    return answer.ok ? url : null;
  } catch {
    return null;
  }
}

/** What the command line and the service say of a job that has ended. */
interface EndedJob {
  readonly status: string;
  readonly result: unknown;
  readonly error: string | null;
}

function resultOf({ status, result, error }: EndedJob): Result {
  if (status === 'succeeded') return (result ?? {}) as Result;
  throw new JobFailedError(error ?? `the job was ${status}`);
}

async function runThere(
  { signal, note }: CommandContext,
  url: string,
  kind: JobKind,
  request: Record<string, unknown>,
): Promise<Result> {
  const key = process.env.RERANKER_API_KEY;
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as {
      run?: { id: string };
      error?: { message: string };
    } & Partial<EndedJob> & { finished?: string | null; progress?: number; message?: string };
    if (!response.ok)
      throw new JobFailedError(answer.error?.message ?? `status ${response.status}`);
    return answer;
  };
  note(`the service at ${url} does it`);
  const { run } = await call('POST', `/api/reranker/${kind}`, request);
  const progress = new Progress(kind);
  const id = run?.id ?? '';
  try {
    for (;;) {
      const job = await call('GET', `/api/runs/${id}`);
      if (job.finished) return resultOf(job as EndedJob);
      progress.update({ share: job.progress ?? 0, text: job.message ?? '' });
      if (signal.aborted) {
        await call('POST', `/api/runs/${id}/cancel`, {});
        signal.throwIfAborted();
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  } finally {
    progress.stop();
  }
}

/** A worker of this process does this job, and whatever else waits before it. */
async function runHere(
  { settings, signal }: CommandContext,
  kind: JobKind,
  request: Record<string, unknown>,
): Promise<Result> {
  const database = await openDatabase({ url: settings.databaseUrl, dataDir: settings.dataDir });
  const controller = new AbortController();
  const progress = new Progress(kind);
  const queue = new JobQueue(database.db);
  const worker = startWorker({ db: database.db, settings, signal: controller.signal });
  try {
    const { id } = await queue.enqueue(kind, request, { maxAttempts: 1 });
    for (;;) {
      const job = await queue.get(id);
      if (job?.finished) return resultOf(job);
      progress.update({ share: job?.progress ?? 0, text: job?.message ?? '' });
      if (signal.aborted) {
        await queue.cancel(id).catch(() => undefined);
        signal.throwIfAborted();
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    progress.stop();
    controller.abort();
    await worker;
    await database.close();
  }
}
