/** The main job, from installed packages' source code to a promoted model; what is there is reused. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { findLoss, writeFileAtomically } from '@learning-reranker/cross-encoder';
import type { ComparedModels } from '../../comparison/compare-models.js';
import { candidateLists, evaluationTable } from '../../comparison/index.js';
import { refuseGatedLoss } from '../../config/index.js';
import { readSnapshot, type Snapshot } from '../../datasets/index.js';
import { installedPackages } from '../../mining/installed-packages.js';
import { minedFiles, storeMined } from '../../mining/store.js';
import { ModelScorer } from '../../processes/model-scorer.js';
import {
  promote,
  type ResolvedModel,
  readHistory,
  readLive,
  resolveModel,
  STARTER,
} from '../../registry/index.js';
import { REPLAY_PERCENT, trainingArgumentsOf } from '../../training/plan-training.js';
import { readRequest, resumeRun, startRun, unfinishedRuns } from '../../training/start-training.js';
import type { TrainingOutcome } from '../../training/training-request.js';
import type { CommandAction, CommandContext } from '../command.js';
import { formatSeconds } from '../progress.js';
import { snapshotOfMined } from './dataset.js';
import { sideBySide } from './demo-example.js';
import { blendAdvice, compareShowing, provenance } from './evaluate.js';
import { rerankWith } from './rerank.js';
import { withTrainingProgress } from './train.js';

/** Seconds the two long steps may take; what fits is worked out from this machine's speed. */
const TRAINING_SECONDS = 100;
const EVALUATION_SECONDS = 80;
/** What a pair costs in training, counted in predictions of one. */
const TRAINING_COST = 4;
const MAX_LENGTH = 256;
const DEV_QUERIES = 40;

/** What an earlier run of this job made. */
interface DemoState {
  readonly datasetHash: string;
  readonly modelId: string;
  readonly lossName: string;
  readonly compared: ComparedModels;
}

export const demo: CommandAction<{ fresh?: boolean }> = async (given, { fresh }, [folder]) => {
  const began = Date.now();
  const context = inDemoFolder(given);
  const { dataDir } = context.settings;
  const packages = installedPackages(folder);
  context.print(
    `${styleText('bold', 'Learning Reranker')}: a reranker that learns this machine's own source code.\n` +
      `Everything is kept in ${dataDir}.\n`,
  );
  await mine(context, packages, fresh === true);
  const { path, manifest, reused } = await snapshotOfMined(context);
  const { train, dev, test, corpus } = manifest.counts;
  context.print(
    `dataset ${manifest.hash}${reused ? ' (there already)' : ''}: ${train} training records, ${dev} dev and ${test} test queries, ${corpus} documents`,
  );
  const snapshot = await readSnapshot(path);
  const known = fresh ? null : await readState(context, manifest.hash);
  const state = known ?? (await trainAndCompare(context, snapshot));
  const model = await resolveModel(dataDir, state.modelId);
  if (known) context.print(`model ${known.modelId} is there already; --fresh makes another`);

  context.print(`\n${evaluationTable(state.compared.evaluation)}`);
  context.print(blendAdvice(context, state.compared));
  if (model.manifest) context.print(provenance(model.manifest));
  await promoteIfBetter(context, model, state.compared);
  await showExample(context, model, snapshot);
  context.print(closingWords(dataDir, Date.now() - began));
  return state;
};

/** The same settings, with all that is kept apart from the user's own. */
function inDemoFolder(context: CommandContext): CommandContext {
  const dataDir = resolve(context.settings.dataDir, 'demo');
  const settings = { ...context.settings, dataDir, tripletsPath: null, maxLength: MAX_LENGTH };
  return { ...context, settings };
}

async function mine(context: CommandContext, packages: string[], fresh: boolean): Promise<void> {
  const files = minedFiles(context.settings.dataDir, null);
  if (!fresh && existsSync(files.records)) {
    context.print(`mined already: ${files.records}`);
    return;
  }
  const { mineFolders } = await import('./mine-code.js');
  const { records, corpus } = await mineFolders(context, packages);
  await storeMined(files, 'code', { records, corpus }, 'replace');
}

const statePath = ({ settings }: CommandContext) => join(settings.dataDir, 'demo.json');

/** What an earlier run made, if it was of this dataset and loss and its model is still whole. */
async function readState(context: CommandContext, datasetHash: string): Promise<DemoState | null> {
  try {
    const state = JSON.parse(await readFile(statePath(context), 'utf8')) as DemoState;
    const { name } = findLoss(context.settings.loss);
    if (state.datasetHash !== datasetHash || state.lossName !== name) return null;
    await resolveModel(context.settings.dataDir, state.modelId);
    return state;
  } catch {
    return null;
  }
}

async function trainAndCompare(context: CommandContext, snapshot: Snapshot): Promise<DemoState> {
  const { settings, signal } = context;
  const description = findLoss(settings.loss);
  refuseGatedLoss(description.name, settings);
  const starter = await resolveModel(settings.dataDir, STARTER);
  const speed = await pairsPerSecond(context, starter, snapshot);
  const { modelId } = await trainOrResume(context, snapshot, starter, speed);
  signal.throwIfAborted();
  const model = await resolveModel(settings.dataDir, modelId ?? '');
  // Each query has 50 candidates for two models; dev queries are half as many and have one.
  const queries = clamp((speed * EVALUATION_SECONDS) / (50 * 2.5), 40, 300);
  const compared = await compareShowing(context, model, starter, {
    split: 'test',
    limit: queries,
    devLimit: Math.ceil(queries / 2),
  });
  const state: DemoState = {
    datasetHash: snapshot.manifest.hash,
    modelId: model.id,
    lossName: description.name,
    compared,
  };
  await writeFileAtomically(statePath(context), `${JSON.stringify(state, null, 2)}\n`);
  return state;
}

/** How many pairs of this dataset the model scores in a second here and now. */
async function pairsPerSecond(
  context: CommandContext,
  model: ResolvedModel,
  { train, corpus }: Snapshot,
): Promise<number> {
  const scorer = await ModelScorer.open(model.path, { maxLength: MAX_LENGTH });
  try {
    const pairs = Array.from({ length: 192 }, (_, at) => {
      const record = train[Math.floor((at * train.length) / 192)];
      const document = corpus[Math.floor((at * corpus.length) / 192)];
      return [record?.query ?? '', document?.text ?? ''] as const;
    });
    await scorer.predict(pairs.slice(0, 64));
    const began = performance.now();
    await scorer.predict(pairs);
    const speed = pairs.length / ((performance.now() - began) / 1000);
    context.print(
      `this machine scores ${Math.round(speed)} pairs a second now: training and evaluation are sized to take about ${formatSeconds(TRAINING_SECONDS + EVALUATION_SECONDS)}`,
    );
    return speed;
  } finally {
    scorer.close();
  }
}

/** Goes on with a run that was stopped, or begins one of the size that fits. */
async function trainOrResume(
  context: CommandContext,
  { path }: Snapshot,
  starter: ResolvedModel,
  speed: number,
): Promise<TrainingOutcome> {
  const { settings, signal } = context;
  const description = findLoss(settings.loss);
  const stopped = (await unfinishedRuns(settings.dataDir)).at(-1);
  const request = stopped === undefined ? undefined : await readRequest(settings.dataDir, stopped);
  if (request?.datasetPath === path && request.loss.name === description.name) {
    context.print(`going on with the training that was stopped, ${stopped}`);
    return withTrainingProgress(context, (onEvent) =>
      resumeRun(settings.dataDir, stopped, { signal, onEvent }),
    );
  }
  context.print(`training with ${description.name} (${description.alias}) from the starter model`);
  const rows = clamp((speed * TRAINING_SECONDS) / TRAINING_COST, 640, 16_000);
  return withTrainingProgress(context, (onEvent) =>
    startRun(
      {
        datasetPath: path,
        dataDir: settings.dataDir,
        lossAlias: description.alias,
        base: { id: starter.id, path: starter.path },
        loss: { name: description.name, parameters: {} },
        arguments: {
          ...trainingArgumentsOf(settings, {}),
          numTrainEpochs: 1,
          maxLength: Math.min(MAX_LENGTH, settings.trainMaxLength),
        },
        maxRows: Math.floor(rows / (1 + REPLAY_PERCENT / 100)),
        replayPercent: REPLAY_PERCENT,
        devQueries: DEV_QUERIES,
      },
      { signal, onEvent },
    ),
  );
}

/** Live is what is proven: a model that was promoted once and rolled back is left alone. */
async function promoteIfBetter(
  context: CommandContext,
  model: ResolvedModel,
  compared: ComparedModels,
): Promise<void> {
  const { dataDir } = context.settings;
  const { id: liveId } = await readLive(dataDir);
  context.print(`\nagainst BM25: ${compared.againstSearch.reason}`);
  context.print(`against the starter: ${compared.decision?.reason}`);
  if (liveId === model.id) {
    context.print(`${styleText('green', 'live')} ${model.id}`);
    return;
  }
  const history = await readHistory(dataDir);
  if (history.some(({ to }) => to === model.id)) {
    context.print(`${liveId} is live: ${model.id} was promoted and rolled back`);
    return;
  }
  let { decision } = compared;
  if (liveId !== STARTER) {
    const live = await resolveModel(dataDir, liveId);
    const limit = compared.evaluation.queries;
    ({ decision } = await compareShowing(context, model, live, { split: 'test', limit }));
    context.print(`against ${liveId}, which is live: ${decision?.reason}`);
  }
  if (!decision?.promoted) {
    context.print(`${styleText('yellow', 'not promoted')}: ${liveId} stays live`);
    return;
  }
  await promote(dataDir, model.id, { reason: decision.reason });
  context.print(`${styleText('green', 'promoted')}: ${model.id} is live`);
}

/** A held-out query whose answer the search has, but not among its first three. */
async function showExample(
  context: CommandContext,
  model: ResolvedModel,
  { evaluation, corpus }: Snapshot,
): Promise<void> {
  const test = evaluation.filter(({ split }) => split === 'test');
  const lists = candidateLists(test, corpus, { limit: 200 });
  const rankOfAnswer = (list: (typeof lists)[number]) =>
    list.candidates.findIndex(({ grade }) => grade > 0);
  const list = lists.find((one) => rankOfAnswer(one) >= 3 && rankOfAnswer(one) < 10) ?? lists[0];
  if (!list) return;
  const { query, candidates } = list;
  const documents = candidates.map(({ id, text, retrievalScore: score }) => ({ id, text, score }));
  const { results, alpha } = await rerankWith(context, model, query, documents, { dtype: 'fp32' });
  const after = results.flatMap(({ index }) => candidates[index] ?? []);
  context.print(sideBySide(query, candidates, after, alpha));
}

function closingWords(dataDir: string, milliseconds: number): string {
  const folder = relative(process.cwd(), dataDir) || '.';
  const bold = (text: string) => styleText('bold', text);
  return [
    `\nDone in ${formatSeconds(milliseconds / 1000)}. Look around:  ${bold(`npx reranker models --data-dir ${folder}`)}  (history, rollback, rerank ...)`,
    `On your own code:  ${bold('npx reranker mine code ./src')}  then  ${bold('npx reranker train')}`,
  ].join('\n');
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.round(Math.min(highest, Math.max(lowest, value)));
}
