/** The main job, from installed packages' source code to a promoted model; what is there is reused. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { findLoss, writeFileAtomically } from '@learning-reranker/cross-encoder';
import {
  type Candidate,
  candidateLists,
  decidePromotion,
  type Evaluation,
  evaluationTable,
  type GateDecision,
} from '../../comparison/index.js';
import { refuseGatedLoss } from '../../config/index.js';
import { readSnapshot } from '../../datasets/index.js';
import { minedFiles, storeMined } from '../../mining/store.js';
import {
  promote,
  type ResolvedModel,
  readLive,
  resolveModel,
  STARTER,
} from '../../registry/index.js';
import { startRun } from '../../runs/index.js';
import type { CommandAction, CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { snapshotOfMined } from './dataset.js';
import { compareModels, provenance } from './evaluate.js';
import { oneLine, rerankDocuments } from './rerank.js';
import { argumentsFrom, REPLAY_PERCENT, withTrainingProgress } from './train.js';

/** Typed, documented packages that any Node project is likely to have. */
const PACKAGES = [
  'typescript/lib',
  '@types/node',
  'zod',
  'commander',
  'vitest',
  'vite',
  'pino',
  'fast-check',
];

/** Budgets that keep the whole job within minutes on two cores. */
const TRAINING_ROWS = 4000;
const DEV_QUERIES = 40;
const QUERIES = 120;

/** What an earlier run of this job made. */
interface DemoState {
  readonly datasetHash: string;
  readonly modelId: string;
  readonly evaluation: Evaluation;
  readonly decision: GateDecision;
}

export const demo: CommandAction<{ fresh?: boolean }> = async (given, { fresh }, [folder]) => {
  const context = inDemoFolder(given);
  const { settings } = context;
  const statePath = join(settings.dataDir, 'demo.json');
  const packages = findPackages(folder);
  context.print(
    `${styleText('bold', 'Learning Reranker')}: a reranker that learns this machine's own source code.\n` +
      `Everything is kept in ${settings.dataDir}.\n`,
  );
  await mine(context, packages, fresh === true);
  const { path, manifest } = await snapshotOfMined(context);
  const { train, dev, test, corpus } = manifest.counts;
  context.print(
    `dataset ${manifest.hash}: ${train} training records, ${dev} dev and ${test} test queries, ${corpus} documents`,
  );
  const known = fresh ? null : await readState(statePath, manifest.hash);
  const state = known ?? (await trainAndCompare(context, path, manifest.hash));
  if (known) context.print(`model ${known.modelId} is there already; --fresh makes another`);
  else await writeFileAtomically(statePath, `${JSON.stringify(state, null, 2)}\n`);

  const model = await resolveModel(settings.dataDir, state.modelId);
  context.print(`\n${evaluationTable(state.evaluation)}`);
  if (model.manifest) context.print(provenance(model.manifest));
  await promoteIfBetter(context, state);
  await showExample(context, model, path);
  context.print(
    `\nOn your own code: ${styleText('bold', 'npx reranker mine code ./src')}, then ${styleText('bold', 'npx reranker train')}; npx reranker --help lists everything.`,
  );
  return state;
};

/** The same settings, with all that is kept apart from the user's own. */
function inDemoFolder(context: CommandContext): CommandContext {
  const dataDir = resolve(context.settings.dataDir, 'demo');
  const settings = { ...context.settings, dataDir, tripletsPath: null };
  return { ...context, settings };
}

function findPackages(given: string | undefined): string[] {
  let folder = given === undefined ? process.cwd() : resolve(given);
  const inside = (parent: string) =>
    PACKAGES.map((name) => join(parent, name)).filter((path) => existsSync(path));
  if (given !== undefined) return found(inside(folder), folder);
  while (!existsSync(join(folder, 'node_modules', 'typescript')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return found(inside(join(folder, 'node_modules')), folder);
}

function found(packages: string[], folder: string): string[] {
  if (packages.length > 0) return packages;
  throw new UsageError(
    `none of ${PACKAGES.join(', ')} is installed in or above ${folder}; name a node_modules folder, or mine your own code with: reranker mine code <folder>`,
  );
}

async function mine(context: CommandContext, packages: string[], fresh: boolean): Promise<void> {
  const files = minedFiles(context.settings.dataDir, null);
  if (!fresh && existsSync(files.records) && existsSync(files.corpus)) {
    context.print(`mined already: ${files.records}`);
    return;
  }
  const { mineFolders } = await import('./mine-code.js');
  const { records, corpus } = await mineFolders(context, packages);
  await storeMined(files, { records, corpus }, 'replace');
}

async function readState(path: string, datasetHash: string): Promise<DemoState | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const state = JSON.parse(text) as DemoState;
  return state.datasetHash === datasetHash ? state : null;
}

async function trainAndCompare(
  context: CommandContext,
  datasetPath: string,
  datasetHash: string,
): Promise<DemoState> {
  const { settings, signal } = context;
  const starter = await resolveModel(settings.dataDir, STARTER);
  const description = findLoss(settings.loss);
  refuseGatedLoss(description.name, settings);
  context.print(`training with ${description.name} (${description.alias}) from the starter model`);
  const outcome = await withTrainingProgress(context, (onEvent) =>
    startRun(
      {
        datasetPath,
        dataDir: settings.dataDir,
        lossAlias: description.alias,
        base: { id: starter.id, path: starter.path },
        loss: { name: description.name, parameters: {} },
        arguments: { ...argumentsFrom(context, {}), numTrainEpochs: 1, maxLength: 128 },
        maxRows: TRAINING_ROWS,
        replayPercent: REPLAY_PERCENT,
        devQueries: DEV_QUERIES,
      },
      { signal, onEvent },
    ),
  );
  signal.throwIfAborted();
  const modelId = outcome.modelId ?? '';
  const model = await resolveModel(settings.dataDir, modelId);
  const { evaluation, decision } = await compareModels(context, model, starter, {
    split: 'test',
    limit: QUERIES,
  });
  return { datasetHash, modelId, evaluation, decision };
}

/** Live is what is proven: against BM25's order and against the starter. */
async function promoteIfBetter(context: CommandContext, state: DemoState): Promise<void> {
  const { dataDir } = context.settings;
  const live = await readLive(dataDir);
  if (live.id === state.modelId) {
    context.print(`${styleText('green', 'live')} ${state.modelId}`);
    return;
  }
  const ndcgOf = (name: string) =>
    state.evaluation.systems.find(({ system }) => system === name)?.ndcgPerQuery ?? [];
  const againstSearch = decidePromotion(ndcgOf(state.modelId), ndcgOf('BM25'));
  context.print(`against BM25: ${againstSearch.reason}`);
  context.print(`against the starter: ${state.decision.reason}`);
  if (state.decision.promoted) {
    await promote(dataDir, state.modelId, { reason: state.decision.reason });
    context.print(`${styleText('green', 'promoted')}: ${state.modelId} is live`);
  } else {
    context.print(`${styleText('yellow', 'not promoted')}: the starter stays live`);
  }
}

/** The held-out query whose answer moved up most, before and after. */
async function showExample(
  context: CommandContext,
  model: ResolvedModel,
  datasetPath: string,
): Promise<void> {
  const { evaluation, corpus } = await readSnapshot(datasetPath);
  const test = evaluation.filter(({ split }) => split === 'test');
  const lists = candidateLists(test, corpus, { limit: QUERIES, depth: 20 });
  const ranked = lists.filter(({ candidates }) => {
    const place = candidates.findIndex(({ grade }) => grade > 0);
    return place >= 3 && place < 10;
  });
  const list = ranked[0] ?? lists[0];
  if (!list) return;
  const after = await rerankDocuments(
    { settings: { ...context.settings, alpha: 1 } },
    model,
    list.query,
    list.candidates.map(({ text, id, retrievalScore }) => ({ text, id, score: retrievalScore })),
    'fp32',
  );
  context.print(
    sideBySide(
      list.query,
      list.candidates,
      after.map(({ index }) => list.candidates[index] as Candidate),
    ),
  );
}

function sideBySide(
  query: string,
  before: readonly Candidate[],
  after: readonly Candidate[],
): string {
  const width = Math.max(30, Math.min(70, Math.floor(((process.stdout.columns ?? 120) - 8) / 2)));
  const cell = (candidate: Candidate | undefined) => {
    const text = oneLine(candidate?.text ?? '', width).padEnd(width);
    return candidate && candidate.grade > 0 ? styleText('green', text) : text;
  };
  const rows = Array.from(
    { length: 5 },
    (_, rank) => ` ${rank + 1}  ${cell(before[rank])}  ${cell(after[rank])}`,
  );
  return [
    `\nExample, a held-out query: ${styleText('bold', query)}`,
    `    ${'before (BM25)'.padEnd(width)}  after (the new model); the documented answer is green`,
    ...rows,
  ].join('\n');
}
