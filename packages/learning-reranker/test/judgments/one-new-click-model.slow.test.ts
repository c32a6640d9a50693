import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import type { ClickModel } from '../../src/judgments/click-models/click-model.js';
import { registerClickModel } from '../../src/judgments/click-models/index.js';
import { startTestService, type TestService } from '../api/running-service.js';

/** Everything a click model needs. In this one, every click means relevant. */
const example: ClickModel = {
  name: 'every-click',
  description: 'One click makes a document relevant, at any rank.',
  source: 'this test',
  fit: () => (document) => {
    const clicks = document.clicks.reduce((sum, count) => sum + count, 0);
    return { relevance: clicks > 0 ? 1 : 0, evidence: 7, taken: 7 * clicks, passedOver: [] };
  },
};

let service: TestService;
beforeAll(async () => {
  registerClickModel(example);
  service = await startTestService('embedded');
});
afterAll(() => service.close());

test('judgments and mining use it', async () => {
  const documents = [
    { id: 'a', text: 'first text' },
    { id: 'b', text: 'second text' },
  ];
  await service.call('POST', '/api/events', { event_id: 'e', query: 'q', documents });
  await service.call('POST', '/api/click', { event_id: 'e', document_id: 'b' });
  const preview = await service.call('GET', '/api/judgments/preview?click_model=every-click');
  expect(preview.body.counts.click_model).toBe('every-click');
  const byId = Object.fromEntries(
    preview.body.judgments.map((row: { document_id: string; relevance: number }) => [
      row.document_id,
      row.relevance,
    ]),
  );
  expect(byId).toEqual({ a: 0, b: 1 });
  const request = { source: 'feedback', click_model: 'every-click' };
  const { body } = await service.call('POST', '/api/reranker/mine', request);
  expect((await service.ended(body.run.id)).result).toMatchObject({ click_model: 'every-click' });
});

test('the API lists it and /docs describes it', async () => {
  const listed = await service.call('GET', '/api/judgments/click-models');
  const { name, description, source } = example;
  expect(listed.body.click_models).toContainEqual({ name, description, source });
  const { body } = await service.call('GET', '/docs/json');
  expect(JSON.stringify(body.components.schemas.MineRequest)).toContain(name);
  const unknown = { source: 'feedback', click_model: 'no-such-model' };
  expect((await service.call('POST', '/api/reranker/mine', unknown)).status).toBe(400);
});

test('the command line offers it wherever it takes a click model', async () => {
  const commands = (await createProgram()).commands.flatMap((command) => [
    command,
    ...command.commands,
  ]);
  const choosing = commands.filter(({ options }) =>
    options.some(({ long }) => long === '--click-model'),
  );
  expect(choosing.length).toBeGreaterThanOrEqual(4);
  for (const command of choosing) expect(command.helpInformation()).toContain('"every-click"');
});
