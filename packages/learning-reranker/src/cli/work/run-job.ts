/** Has the service do a job, and shows how it goes. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { z } from 'zod';
import type { runSchema } from '../../api/routes/runs.js';
import type { JobKind } from '../../database/index.js';
import type { CommandContext } from '../command.js';
import { InterruptedError } from '../failure.js';
import { Progress } from '../progress.js';
import { type ServiceConnection, withService } from './service-connection.js';

/** A job that ended without what it was for. */
export class JobFailedError extends TypedError {
  override readonly name = 'JobFailedError';
  readonly kind = 'conflict';
}

/** A job as the service tells of it. */
export type Run = z.infer<typeof runSchema>;

const LOOK_EVERY_MS = 300;

/** A job's result. @throws {JobFailedError} {ServiceError} */
export function runJob<Result = Record<string, unknown>>(
  context: CommandContext,
  kind: JobKind,
  request: Readonly<Record<string, unknown>>,
): Promise<Result> {
  return withService(context, (service) => runJobThere<Result>(context, service, kind, request), {
    doesJobs: true,
  });
}

export async function runJobThere<Result>(
  context: CommandContext,
  service: ServiceConnection,
  kind: JobKind,
  request: Readonly<Record<string, unknown>>,
): Promise<Result> {
  if (service.isRunning) context.note(`the service at ${service.url} does it`);
  const path = `/api/reranker/${kind}`;
  const { run } = await service.call<{ run: Run }>('POST', path, request);
  // Ctrl-C stops what this command began; the job of another goes on without whoever looks at it.
  return followRun<Result>(context, service, run.id, { cancelOnAbort: true });
}

/**
 * Waits for a job's end and shows how far it is. A job that Ctrl-C cancels is waited for as well: only then has it stopped.
 * @throws {JobFailedError} {InterruptedError} when Ctrl-C ended the waiting alone; what aborted the signal, once the job is cancelled
 */
export async function followRun<Result>(
  { signal, note }: Pick<CommandContext, 'signal' | 'note'>,
  service: ServiceConnection,
  id: string,
  { cancelOnAbort }: { readonly cancelOnAbort: boolean },
): Promise<Result> {
  let progress: Progress | undefined;
  let isAskedToStop = false;
  try {
    for (;;) {
      const run = await service.call<Run>('GET', `/api/runs/${id}`);
      if (run.finished !== null) {
        if (run.status === 'cancelled') signal.throwIfAborted();
        return resultOf<Result>(run);
      }
      progress ??= new Progress(run.kind);
      const { progress: share, message, eta_seconds: eta } = run;
      const text = run.status === 'queued' ? 'waits for a worker' : (message ?? '');
      progress.update({ share, text, ...(eta !== null && { etaSeconds: eta }) });
      if (signal.aborted && !cancelOnAbort) {
        throw new InterruptedError(`the job goes on; reranker runs cancel ${id} stops it`);
      }
      if (signal.aborted && !isAskedToStop) {
        isAskedToStop = true;
        progress.stop();
        note(
          `job ${id} was asked to stop and is waited for; reranker runs show ${id} says how it stands`,
        );
        // One that has ended meanwhile is no more to be stopped: the next look sees it.
        await service.call('POST', `/api/runs/${id}/cancel`, {}).catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  } finally {
    progress?.stop();
  }
}

function resultOf<Result>({ status, result, error }: Run): Result {
  if (status === 'succeeded') return (result ?? {}) as Result;
  throw new JobFailedError(error ?? `the job was ${status}`);
}
