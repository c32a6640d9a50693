/** Trains a model and adds it to the registry. It does not go live by itself. */
import { createLoss, findLoss, knownLoss } from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import { refuseGatedLoss, type Settings, settingDefinitions } from '../config/index.js';
import { findSnapshot, SnapshotError } from '../datasets/index.js';
import { prepareDataset } from '../datasets/prepare-dataset.js';
import { inChildProcess } from '../processes/heavy-work.js';
import { resolveModel } from '../registry/index.js';
import { planTraining } from '../training/plan-training.js';
import {
  prepareAndTrain,
  readOutcome,
  readRequest,
  resumeTraining,
  unfinishedTrainings,
} from '../training/start-training.js';
import type { TrainingMessage, TrainingOutcome } from '../training/training-request.js';
import {
  checkField,
  datasetHashSchema,
  defineOperation,
  localModelSchema,
  modelNameSchema,
  type OperationContext,
} from './operation.js';
import { chosenArguments, trainingFields } from './training-fields.js';

export const lossSchema = z
  .string()
  .max(100)
  .describe(`The loss: ${settingDefinitions.loss.values}.`);

const schema = z
  .strictObject({
    loss: lossSchema.optional(),
    loss_parameters: z
      .record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()]))
      .optional()
      .describe('Parameters of the loss by their names, such as posWeight.'),
    base: modelNameSchema
      .optional()
      .describe(
        "The model to start from: 'live', 'starter' or a model id. The default is the live model.",
      ),
    dataset: datasetHashSchema
      .optional()
      .describe(
        "A dataset's hash or its beginning. The default is a dataset of all mined records.",
      ),
    resume: z
      .union([z.boolean(), modelNameSchema])
      .optional()
      .describe(
        'Continue the newest unfinished training, or the one named; other fields are ignored.',
      ),
    ...trainingFields,
  })
  .meta({ id: 'TrainRequest' });

/** The training arguments are fields beside these, by their snake_case names. */
export type TrainRequest = z.output<typeof schema> & Readonly<Record<string, unknown>>;

export const train = defineOperation({
  schema,
  localSchema: schema.extend({ base: localModelSchema.optional() }),
  examples: {
    usual: { summary: 'with the loss of the settings', value: {} },
    chosen: {
      summary: 'with a loss by its SBERT name',
      value: { loss: 'BinaryCrossEntropyLoss', epochs: 1, learning_rate: 2e-5 },
    },
  },
  activity: 'training',
  lossOf: ({ loss }, settings) => trainedLoss(loss, settings),
  precheck: checkTraining,
  async run(request, context) {
    const outcome = await trainModel(request, context);
    return { model: outcome.modelId, ...outcome };
  },
});

/** The SBERT name of the loss that a request trains with; null for an unknown loss. */
export function trainedLoss(loss: string | undefined, settings: Settings): string | null {
  return knownLoss(loss ?? settings.loss)?.name ?? null;
}

export async function checkTraining(
  { loss, loss_parameters, base, dataset, resume }: TrainRequest,
  settings: Settings,
): Promise<void> {
  if (resume !== undefined && resume !== false) return;
  const { name } = await checkField('loss', () => allowedLoss(loss, settings));
  await checkField('loss_parameters', () => createLoss(name, loss_parameters));
  if (base !== undefined) await checkField('base', () => resolveModel(settings.dataDir, base));
  if (dataset !== undefined) {
    await checkField('dataset', () => findSnapshot(settings.dataDir, dataset));
  }
}

/** @throws {LossChoiceError} for an unknown loss; {FeatureFlagError} for one that a feature flag turns off */
export function allowedLoss(loss: string | undefined, settings: Settings) {
  const description = findLoss(loss ?? settings.loss);
  refuseGatedLoss(description.name, settings);
  return description;
}

/** An outcome with the loss of the training; the setting may have changed since. */
export type TrainedModel = TrainingOutcome & { readonly loss: string };

/** Trains, or continues the training that an earlier attempt of the same job began. */
export async function trainModel(
  request: TrainRequest,
  context: OperationContext,
): Promise<TrainedModel> {
  const { dataDir } = context.settings;
  const started = await context.lastEvent('run');
  if (started) {
    const name = String(started.data.name);
    const done = await readOutcome(dataDir, name);
    if (done) return { ...done, loss: await lossOfTraining(dataDir, name) };
    if ((await unfinishedTrainings(dataDir)).includes(name)) return continueTraining(name, context);
  }
  if (request.resume) {
    return continueTraining(request.resume === true ? undefined : request.resume, context);
  }
  return startNew(request, context);
}

export const prepareDatasetInChild = inChildProcess(
  new URL('../datasets/prepare-dataset.js', import.meta.url).href,
  prepareDataset,
);

async function startNew(request: TrainRequest, context: OperationContext): Promise<TrainedModel> {
  const { settings, signal } = context;
  const { dataDir } = settings;
  const description = allowedLoss(request.loss, settings);
  const lossParameters = request.loss_parameters ?? {};
  createLoss(description.name, lossParameters);
  const chosen = chosenArguments(settings, request);
  const prepare = async () => {
    const base = await resolveModel(dataDir, request.base ?? 'live');
    context.progress({ message: 'making the dataset' });
    const { snapshot, verified } = await prepareDatasetInChild(
      {
        dataDir,
        tripletsPath: settings.tripletsPath,
        dataset: request.dataset,
        basePath: base.path,
        loss: description.name,
        maxLength: chosen.maxLength as number,
        batchSize: chosen.batchSize as number,
      },
      { signal },
    );
    if (verified.problems.length > 0) {
      throw new SnapshotError(verified.problems.join('\n'), 'invalid');
    }
    void context.event('dataset', {
      loss: description.name,
      dataset: snapshot.manifest.hash,
      base: base.id,
      rows: verified.rows,
      labels: verified.labels,
      warnings: verified.warnings,
    });
    return planTraining({ dataDir, snapshot, base, description, lossParameters, chosen });
  };
  const outcome = await prepareAndTrain(dataDir, prepare, {
    signal,
    onEvent: reporter(context, description.name),
    onName: (name) => context.event('run', { name }),
  });
  return { ...completed(outcome, signal), loss: description.name };
}

async function continueTraining(
  chosen: string | undefined,
  context: OperationContext,
): Promise<TrainedModel> {
  const { settings, signal } = context;
  const { dataDir } = settings;
  const name = chosen ?? (await unfinishedTrainings(dataDir)).at(-1);
  const loss = name === undefined ? '' : await lossOfTraining(dataDir, name).catch(() => '');
  const outcome = await resumeTraining(dataDir, name, {
    signal,
    onEvent: reporter(context, loss),
    onName: async (own) => {
      await context.event('run', { name: own });
      await context.event('note', { text: `continuing training ${own}` });
    },
  });
  return { ...completed(outcome, signal), loss };
}

async function lossOfTraining(dataDir: string, name: string): Promise<string> {
  return (await readRequest(dataDir, name)).loss.name;
}

/** The outcome of a training that was not stopped. @throws the signal's reason if it was */
function completed(outcome: TrainingOutcome, signal: AbortSignal): TrainingOutcome {
  if (outcome.modelId === null) signal.throwIfAborted();
  return outcome;
}

/** Of the many steps, one per second becomes an event. */
const STEP_EVENT_EVERY_MS = 1000;

function reporter(context: OperationContext, loss: string): (message: TrainingMessage) => void {
  let last = 0;
  return (message) => {
    if (message.type === 'checkpoint') context.checkpoint();
    if (message.type !== 'step') {
      void context.event(message.type, { loss_name: loss, ...message });
      return;
    }
    const { step, totalSteps, etaSeconds } = message;
    context.progress({
      share: step / totalSteps,
      message: `step ${step}/${totalSteps}, ${loss} ${message.loss.toFixed(4)}`,
      etaSeconds,
    });
    const now = Date.now();
    if (now - last < STEP_EVENT_EVERY_MS && step < totalSteps) return;
    last = now;
    void context.event('step', { loss_name: loss, ...message });
  };
}
