import { expect, test } from 'vitest';
import { followJob, type Run } from '../../src/cli/follow-job.js';
import type { ServiceConnection } from '../../src/cli/service-connection.js';

/** A service with one running job that ends as it is told, some polls after it was asked to stop. */
function serviceWith(ends: Run['status']) {
  const asked: string[] = [];
  const call = async (method: string, path: string) => {
    asked.push(`${method} ${path}`);
    const cancelled = asked.indexOf('POST /api/runs/j1/cancel');
    const hasEnded = cancelled >= 0 && asked.length - cancelled > 2;
    return {
      id: 'j1',
      kind: 'train',
      status: hasEnded ? ends : 'running',
      progress: 0.5,
      message: null,
      eta_seconds: null,
      result: { model: 'm1' },
      error: hasEnded && ends === 'cancelled' ? 'the job was cancelled' : null,
      finished: hasEnded ? '2026-01-01T00:00:00.000Z' : null,
    };
  };
  const service = { url: '', isRunning: true, call } as unknown as ServiceConnection;
  return { service, asked };
}

function interrupted() {
  const notes: string[] = [];
  const signal = AbortSignal.abort(new DOMException('interrupted', 'AbortError'));
  return { notes, context: { signal, note: (text: string) => void notes.push(text) } };
}

test('Ctrl-C cancels a job, and the command waits until the job has stopped', async () => {
  const { service, asked } = serviceWith('cancelled');
  const { context, notes } = interrupted();
  const following = followJob(context, service, 'j1', { cancelOnAbort: true });
  await expect(following).rejects.toMatchObject({ name: 'AbortError' });
  expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
  expect(asked.slice(-2)).toEqual(['GET /api/runs/j1', 'GET /api/runs/j1']);
  expect(notes).toEqual([expect.stringMatching(/Stopping job j1.*reranker runs show j1/)]);
});

test('a job that ends before Ctrl-C cancels it returns its result', async () => {
  const { service } = serviceWith('succeeded');
  const following = followJob(interrupted().context, service, 'j1', { cancelOnAbort: true });
  expect(await following).toEqual({ model: 'm1' });
});

test('Ctrl-C while following a job of another command leaves the job running', async () => {
  const { service, asked } = serviceWith('cancelled');
  const following = followJob(interrupted().context, service, 'j1', { cancelOnAbort: false });
  await expect(following).rejects.toMatchObject({
    name: 'Interrupted',
    message: 'The job continues. Stop it with: reranker runs cancel j1',
  });
  expect(asked).toEqual(['GET /api/runs/j1']);
});
