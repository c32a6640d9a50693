/** The process that trains: it reads a dataset and writes a model folder. */
import { join } from 'node:path';
import {
  CrossEncoder,
  CrossEncoderTrainer,
  createLoss,
  findLoss,
  headSizeFor,
  modelCard,
  resolveTrainingArguments,
  type TrainingEvaluator,
  type TrainingExample,
} from '@learning-reranker/cross-encoder';
import { type CandidateList, candidateLists, meanMetric, scoreLists } from '../comparison/index.js';
import { projectRecords, readSnapshot, type Snapshot } from '../datasets/index.js';
import { serveOnce } from '../processes/child.js';
import { finishModel, modelsFolder } from '../registry/index.js';
import { withStops } from './evaluation-plan.js';
import { readReplay, replayFiles } from './replay.js';
import {
  checkpointsFolder,
  type TrainingMessage,
  type TrainingOutcome,
  type TrainingRequest,
} from './training-request.js';
import { versions } from './versions.js';

/** Candidates per dev query during training: enough to compare checkpoints, and quick. */
const DEV_DEPTH = 20;

serveOnce<TrainingRequest, TrainingMessage, TrainingOutcome>(async (request, { signal, emit }) => {
  const snapshot = await readSnapshot(request.datasetPath);
  const description = findLoss(request.loss.name);
  const seed = request.arguments.seed ?? 42;
  const base = await CrossEncoder.load(request.base.path, { seed });
  for (const text of base.warnings) emit({ type: 'note', text });
  const numLabels = headSizeFor(description, base.numLabels);
  const { model, change } = base.clone().withHead(numLabels, seed);
  const loss = createLoss(request.loss.name, request.loss.parameters, numLabels);

  const own = spread(projectRecords(snapshot.train, description.dataShape), request.maxRows);
  const replay = await readReplay(request.base.path, description.dataShape, {
    rows: Math.round((own.length * request.replayPercent) / 100),
    seed,
  });
  const rows = [...own, ...replay];
  emit({ type: 'prepared', rows: rows.length, head: change });

  const given = resolveTrainingArguments(request.arguments);
  const dev = devLists(snapshot, request.devQueries);
  const trainer = new CrossEncoderTrainer({
    model,
    loss,
    trainDataset: rows,
    arguments: {
      ...withStops(given, rows, dev),
      outputDir: checkpointsFolder(request.folder),
    },
    ...(dev.length > 0 && { evaluator: evaluatorOf(dev, given.maxLength ?? undefined) }),
  });
  const result = await trainer.train({
    signal,
    onEvent: emit,
    resumeFromCheckpoint: request.resume,
  });
  const { reason, steps, seconds, trainLoss } = result;
  if (reason === 'aborted') return { modelId: null, reason, steps, seconds, trainLoss };

  const facts = await saveModel(request, {
    model,
    change,
    rows: rows.length,
    steps,
    seconds,
    trainLoss,
  });
  return { modelId: facts.id, reason, steps, seconds, trainLoss };
});

/** Every n-th row, so that a limit keeps rows from all parts of the data. */
function spread(rows: TrainingExample[], maximum: number | null): TrainingExample[] {
  if (maximum === null || rows.length <= maximum) return rows;
  return Array.from(
    { length: maximum },
    (_, index) => rows[Math.floor((index * rows.length) / maximum)] as TrainingExample,
  );
}

/** The candidate lists of the dev queries that compare checkpoints. */
function devLists(snapshot: Snapshot, limit: number): CandidateList[] {
  const dev = snapshot.evaluation.filter(({ split }) => split === 'dev');
  return limit > 0 ? candidateLists(dev, snapshot.corpus, { depth: DEV_DEPTH, limit }) : [];
}

/** NDCG@10 of the lists with the current weights, and pairs cut as training cuts them. */
function evaluatorOf(
  lists: readonly CandidateList[],
  maxLength: number | undefined,
): TrainingEvaluator {
  return async (model, { signal }) => {
    const scores = await scoreLists(
      lists,
      {
        predict: (pairs) =>
          model.predict(pairs, { maxLength, activation: 'Sigmoid', followWeights: true }),
      },
      { signal },
    );
    return { 'ndcg@10': meanMetric(lists, scores, 'NDCG@10') };
  };
}

interface Trained {
  readonly model: CrossEncoder;
  readonly change: 'kept' | 'converted' | 'initialised';
  readonly rows: number;
  readonly steps: number;
  readonly seconds: number;
  readonly trainLoss: number;
}

async function saveModel(request: TrainingRequest, trained: Trained) {
  const { model, change, rows, steps, seconds, trainLoss } = trained;
  const description = findLoss(request.loss.name);
  const loss = createLoss(request.loss.name, request.loss.parameters, model.numLabels);
  const datasetHash = request.datasetPath.split(/[/\\]/).at(-1) ?? '';
  const seed = request.arguments.seed ?? 42;
  const trainingArguments = request.arguments as Record<string, number | boolean | string | null>;
  const folder = join(modelsFolder(request.dataDir), request.modelId);
  await model.save(folder, {
    readme: modelCard({
      modelType: model.architecture.modelType,
      numLabels: model.numLabels,
      maxLength: model.maxLength,
      activation: model.activation,
      license: 'apache-2.0',
      baseModel: request.base.id,
      loss: { name: description.name, parameters: loss.parameters },
      dataset: { hash: datasetHash, size: rows },
      seed,
      trainingArguments,
      versions: versions(),
    }),
    onnx: true,
    extraFiles: await replayFiles(request.base.path),
    // A process that was killed before it wrote the manifest left incomplete files.
    replace: true,
  });
  return finishModel(folder, {
    version: 1,
    id: request.modelId,
    created: new Date().toISOString(),
    loss: { name: description.name, alias: description.alias, parameters: { ...loss.parameters } },
    base: request.base.id,
    head: change,
    datasetHash,
    seed,
    trainingArguments,
    training: { steps, rows, loss: trainLoss, seconds },
    blendAlpha: null,
    evaluation: null,
    versions: versions(),
  });
}
