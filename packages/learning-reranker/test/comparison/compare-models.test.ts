import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ComparisonRequest, compareModels } from '../../src/comparison/compare-models.js';
import { listSnapshots } from '../../src/datasets/index.js';
import { minedFiles, storeMined } from '../../src/mining/store.js';
import {
  promote,
  type ResolvedModel,
  resolveModel,
  updateManifest,
} from '../../src/registry/index.js';
import { makeModel } from '../registry/model-folder.js';
import { colourRecords, type TinyProject, tinyProject } from '../training/tiny-project.js';

const ID = '20260102T030405Z-softmax';
let project: TinyProject;
let model: ResolvedModel;
let starter: ResolvedModel;

beforeEach(async () => {
  project = await tinyProject();
  await makeModel(project.dataDir, ID);
  model = await resolveModel(project.dataDir, ID);
  starter = { id: 'starter', path: project.starter, manifest: null, loss: null };
});
afterEach(() => project.remove());

/** Knows the colour of each thing. */
const knows = (query: string, text: string) => {
  const colours = {
    sky: 'blue',
    sea: 'blue',
    grass: 'green',
    leaf: 'green',
    blood: 'red',
    rose: 'red',
  };
  const [, colour = ''] =
    Object.entries(colours).find(([thing]) => query.includes(` ${thing} `)) ?? [];
  return text.startsWith(colour) ? 0.9 : 0.1;
};
const guesses = (query: string, text: string) => ((query.length + text.charCodeAt(0)) % 7) / 7;

/** Scorers in place of the two models; counts the pairs that each of them scores. */
function compare(
  scorers: Record<string, (query: string, text: string) => number>,
  changes: Partial<ComparisonRequest> = {},
) {
  const asked: Record<string, number> = {};
  const compared = compareModels({
    dataDir: project.dataDir,
    tripletsPath: null,
    model,
    against: starter,
    split: 'test',
    alpha: 0.7,
    dataset: project.dataset.manifest.hash,
    minimumQueries: 10,
    open: async ({ id }) => ({
      predict: async (pairs) => {
        asked[id] = (asked[id] ?? 0) + pairs.length;
        return pairs.map(([query, text]) => scorers[id]?.(query, text) ?? 0);
      },
      close: () => undefined,
    }),
    ...changes,
  });
  return { compared, asked };
}

describe('a comparison', () => {
  it('finds the better model better than the other one and than BM25', async () => {
    const { compared } = compare({ [ID]: knows, starter: guesses });
    const { decision, againstSearch, evaluation } = await compared;
    expect(decision?.promoted).toBe(true);
    expect(againstSearch.promoted).toBe(true);
    expect(evaluation.systems.map(({ system }) => system)).toEqual([
      'BM25',
      ID,
      `${ID} with BM25, alpha 0.7`,
      'starter',
      'starter with BM25, alpha 0.7',
    ]);
  });

  it('finds the worse model worse', async () => {
    const { compared } = compare({ [ID]: guesses, starter: knows });
    expect((await compared).decision?.reason).toMatch(/^worse/);
  });

  it('writes metrics and the best weight of the dev queries into the manifest', async () => {
    const { compared } = compare({ [ID]: knows, starter: guesses }, { alpha: 'auto' });
    const { bestAlpha, servedAlpha, evaluation } = await compared;
    expect(servedAlpha).toBe(bestAlpha);
    const { manifest } = await resolveModel(project.dataDir, ID);
    expect(manifest?.blendAlpha).toBe(bestAlpha);
    expect(manifest?.evaluation).toMatchObject({ hash: evaluation.hash, split: 'test' });
    expect(manifest?.evaluation?.systems[1]?.metrics['MRR@10']).toEqual(
      evaluation.systems[1]?.metrics['MRR@10'],
    );
  });

  it('with a limit keeps the blend weight of the live model', async () => {
    await updateManifest(model.path, { blendAlpha: 0.35, evaluation: null });
    await promote(project.dataDir, ID, { reason: 'better' });
    const live = await resolveModel(project.dataDir, ID);
    const changes = { model: live, alpha: 'auto', limit: 3 } as const;
    const { servedAlpha } = await compare({ [ID]: knows, starter: guesses }, changes).compared;
    expect(servedAlpha).toBe(0.35);
    const { manifest } = await resolveModel(project.dataDir, ID);
    expect(manifest).toMatchObject({ blendAlpha: 0.35, evaluation: { split: 'test' } });
  });

  it('does not write the manifest for the dev split', async () => {
    await compare({ [ID]: knows, starter: guesses }, { split: 'dev' }).compared;
    expect((await resolveModel(project.dataDir, ID)).manifest?.evaluation).toBeNull();
  });

  it('of a model with itself makes no decision and scores each pair once', async () => {
    const { compared, asked } = compare({ [ID]: knows }, { against: model, split: 'dev' });
    const { decision, evaluation } = await compared;
    expect(decision).toBeNull();
    expect(evaluation.systems).toHaveLength(3);
    const alone = compare({ [ID]: knows, starter: knows }, { split: 'dev' });
    await alone.compared;
    expect(alone.asked[ID]).toBe(asked[ID]);
  });

  it('has a hash that depends on the queries and not on the models', async () => {
    const one = await compare({ [ID]: knows, starter: guesses }).compared;
    const two = await compare({ [ID]: guesses, starter: knows }).compared;
    const fewer = await compare({ [ID]: knows, starter: guesses }, { limit: 12 }).compared;
    expect(two.evaluation.hash).toBe(one.evaluation.hash);
    expect(fewer.evaluation.hash).not.toBe(one.evaluation.hash);
  });

  it('makes a dataset from the mined records when there is none', async () => {
    const dataDir = join(project.dataDir, 'mined');
    const records = colourRecords(240).map((record) => ({ ...record, source: 'code' }));
    const corpus = records.flatMap(({ positive, negatives }) =>
      [positive, ...negatives].map((document) => ({ ...document, id: document.doc_path_rel })),
    );
    await storeMined(minedFiles(dataDir, null), 'code', { records, corpus }, 'append');
    const changes = { dataDir, dataset: undefined, model: starter };
    const { datasetHash, evaluation } = await compare({ starter: knows }, changes).compared;
    expect(evaluation.queries).toBeGreaterThanOrEqual(10);
    expect((await listSnapshots(dataDir)).map(({ manifest }) => manifest.hash)).toEqual([
      datasetHash,
    ]);
  });

  it('names the missing dataset', async () => {
    const { compared } = compare({}, { dataset: 'feedfacefeedface' });
    await expect(compared).rejects.toThrow(/There is no dataset feedfacefeedface/);
    await expect(
      compareModels({
        dataDir: join(project.dataDir, 'empty'),
        tripletsPath: null,
        model: starter,
        against: starter,
        split: 'test',
        alpha: 0.7,
      }),
    ).rejects.toThrow(/Run `reranker mine` first/);
  });
});
