/** Follows a job of a service to its end and shows its progress. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { z } from 'zod';
import type { runSchema } from '../api/routes/runs.js';
import type { CommandContext } from './command.js';
import { InterruptedError } from './failure.js';
import { Progress } from './progress.js';
import type { ServiceConnection } from './service-connection.js';

/** A job that ended without a result. */
class JobFailedError extends TypedError {
  override readonly name = 'JobFailedError';
  readonly kind = 'conflict';
}

/** A job as the API describes it. */
export type Run = z.infer<typeof runSchema>;

const POLL_EVERY_MS = 300;

/**
 * Waits for a job to end and returns its result. If Ctrl-C cancels the job, it waits until the job has stopped.
 * @throws {JobFailedError}; {InterruptedError} if Ctrl-C ended only the waiting; the signal's reason if it cancelled the job
 */
export async function followJob<Result>(
  { signal, note }: Pick<CommandContext, 'signal' | 'note'>,
  service: ServiceConnection,
  id: string,
  { cancelOnAbort }: { readonly cancelOnAbort: boolean },
): Promise<Result> {
  let progress: Progress | undefined;
  let isCancelRequested = false;
  try {
    for (;;) {
      const run = await service.call<Run>('GET', `/api/runs/${id}`);
      if (run.finished !== null) {
        if (run.status === 'cancelled') signal.throwIfAborted();
        return resultOf<Result>(run);
      }
      progress ??= new Progress(run.kind);
      const { progress: share, message, eta_seconds: eta } = run;
      const text = run.status === 'queued' ? 'waiting for a worker' : (message ?? '');
      progress.update({ share, text, ...(eta !== null && { etaSeconds: eta }) });
      if (signal.aborted && !cancelOnAbort) {
        throw new InterruptedError(`The job continues. Stop it with: reranker runs cancel ${id}`);
      }
      if (signal.aborted && !isCancelRequested) {
        isCancelRequested = true;
        progress.stop();
        note(`Stopping job ${id}. reranker runs show ${id} shows its state.`);
        // A job that has just ended cannot be cancelled; the next request shows its end.
        await service.call('POST', `/api/runs/${id}/cancel`, {}).catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
    }
  } finally {
    progress?.stop();
  }
}

function resultOf<Result>({ status, result, error }: Run): Result {
  if (status === 'succeeded') return (result ?? {}) as Result;
  throw new JobFailedError(error ?? `The job was ${status}.`);
}
