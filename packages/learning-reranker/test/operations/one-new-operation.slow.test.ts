import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { operationsReference } from '../../src/api/reference.js';
import { registerOperation } from '../../src/operations/index.js';
import { defineOperation } from '../../src/operations/operation.js';
import type { TestService } from '../api/running-service.js';

/** One operation, registered as its line in the index would; everything else must find it by itself. */
registerOperation('count-words', {
  summary: 'Count the words of a text',
  load: async () =>
    defineOperation({
      schema: z.strictObject({
        text: z.string().max(1000).describe('The text to count.'),
        minimum_length: z.int().min(1).optional().describe('The shortest word that counts.'),
      }),
      examples: { short: { summary: 'three words', value: { text: 'one two three' } } },
      activity: 'counting',
      async run({ text, minimum_length = 1 }, { event }) {
        const words = text.split(' ').filter((word) => word.length >= minimum_length).length;
        await event('counted', { words });
        return { words };
      },
    }),
});

let service: TestService;
beforeAll(async () => {
  const { startTestService } = await import('../api/running-service.js');
  service = await startTestService('embedded');
});
afterAll(() => service.close());

test('is a command with options from its schema', async () => {
  const { createProgram } = await import('../../src/cli/program.js');
  const program = await createProgram();
  expect(program.helpInformation()).toMatch(/count-words +Count the words of a text/);
  const command = program.commands.find((one) => one.name() === 'count-words');
  const help = command?.helpInformation() ?? '';
  expect(help).toMatch(/--text <value> +The text to count\./);
  expect(help).toMatch(/--minimum-length <value> +The shortest word that counts\./);

  const written: string[] = [];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    written.push(String(part));
    return true;
  });
  const given = ['--text', 'a small house', '--minimum-length', '2', '--json'];
  await program.parseAsync(['node', 'reranker', 'count-words', ...given]);
  out.mockRestore();
  expect(JSON.parse(written.join(''))).toEqual({ words: 2 });
});

test('is a job of the API, described with its example at /docs', async () => {
  const { body: document } = await service.call('GET', '/docs/json');
  const operation = document.paths['/api/reranker/count-words'].post;
  expect(operation.summary).toBe('Count the words of a text');
  const content = operation.requestBody.content['application/json'];
  expect(JSON.stringify(content)).toContain('one two three');
  expect(JSON.stringify(document)).toContain('The shortest word that counts.');

  const made = await service.call('POST', '/api/reranker/count-words', { text: 'a b' });
  expect(made.status).toBe(202);
  const run = await service.ended(made.body.run.id);
  expect(run).toMatchObject({ kind: 'count-words', status: 'succeeded', result: { words: 2 } });
  const status = await service.call('GET', '/api/reranker/status');
  expect(status.body.task).toBe('counting');
  const refused = await service.call('POST', '/api/reranker/count-words', { text: 3 });
  expect(refused).toMatchObject({ status: 400, body: { error: { field: 'text' } } });
});

test('can be scheduled, and is counted under its own name', async () => {
  const made = await service.call('POST', '/api/reranker/schedule', {
    cron: '0 5 * * *',
    kind: 'count-words',
    request: { text: 'one' },
  });
  expect(made).toMatchObject({ status: 201, body: { kind: 'count-words' } });
  const { body: metrics } = await service.call('GET', '/metrics');
  expect(metrics).toMatch(/agro_job_runs_total\{kind="count-words",outcome="succeeded"\} 1/);
});

test('is in the generated reference', async () => {
  const reference = await operationsReference();
  expect(reference).toContain('## count-words');
  expect(reference).toContain('| `minimum_length` |  | The shortest word that counts. |');
});
