/** Ends work that takes too long, or whose caller has left. */
import { BackendError } from './backends/backend.js';

/**
 * Runs work with a signal that aborts when the time is over or `caller` aborts. Work that ignores its signal
 * is not waited for.
 *
 * @throws {BackendError} with reason `deadline`; the caller's reason; what the work throws
 */
export async function beforeDeadline<Result>(
  milliseconds: number,
  caller: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  caller?.throwIfAborted();
  // Not AbortSignal.any with AbortSignal.timeout: Node 20 never releases their listeners.
  const controller = new AbortController();
  const { signal } = controller;
  const leave = () => controller.abort(caller?.reason);
  const timer = setTimeout(
    () => controller.abort(new BackendError('deadline', 'The deadline has passed')),
    milliseconds,
  );
  caller?.addEventListener('abort', leave, { once: true });
  try {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return await Promise.race([work(signal), aborted]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    caller?.removeEventListener('abort', leave);
  }
}
