import { expect, test } from 'vitest';
import { startTestService } from './running-service.js';

test('a job that ended before the first request for metrics is counted', async () => {
  const service = await startTestService('embedded');
  try {
    const { body } = await service.call('POST', '/api/reranker/mine', {});
    expect(await service.ended(body.run.id)).toMatchObject({ status: 'succeeded' });
    expect((await service.call('GET', '/metrics')).body).toContain(
      'agro_job_runs_total{kind="mine",outcome="succeeded"} 1',
    );
  } finally {
    await service.close();
  }
});
