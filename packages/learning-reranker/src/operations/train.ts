/** A training as a job: it ends with a model in the registry, which is not live. */
import { createLoss, findLoss, schedulerTypes } from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import { refuseGatedLoss, type SettingKey, type Settings } from '../config/index.js';
import { SnapshotError } from '../datasets/index.js';
import { prepareDataset } from '../datasets/prepare-dataset.js';
import { inChildProcess } from '../processes/heavy-work.js';
import { resolveModel } from '../registry/index.js';
import { newRunOf, type RunArguments } from '../training/plan-training.js';
import {
  prepareAndRun,
  readOutcome,
  readRequest,
  resumeRun,
  unfinishedRuns,
} from '../training/start-training.js';
import type { RunEvent, TrainingOutcome } from '../training/training-request.js';
import { modelNameSchema } from './model-name.js';
import { defineJob, type JobContext } from './operation.js';

export const trainRequestSchema = z
  .strictObject({
    loss: z.string().max(100).optional().describe('an SBERT class name or a short name'),
    loss_parameters: z
      .record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()]))
      .optional(),
    base: modelNameSchema.optional().describe("'live', 'starter' or a model id"),
    dataset: z
      .string()
      .regex(/^[0-9a-f]{4,16}$/)
      .optional()
      .describe('a hash or its beginning'),
    epochs: z
      .union([z.number().min(0.01).max(100), z.literal('auto')])
      .optional()
      .describe("passes over the records; 'auto' makes more over fewer"),
    batch_size: z.int().min(1).max(1024).optional(),
    max_length: z.int().min(8).max(8192).optional(),
    learning_rate: z.number().min(1e-8).max(1).optional(),
    lr_scheduler_type: z.enum(schedulerTypes).optional(),
    warmup_ratio: z.number().min(0).max(1).optional(),
    weight_decay: z.number().min(0).max(1).optional(),
    max_grad_norm: z.number().min(0).optional(),
    gradient_accumulation_steps: z.int().min(1).optional(),
    early_stopping_patience: z.int().min(1).optional(),
    max_steps: z.int().min(1).optional(),
    seed: z.int().min(0).optional(),
  })
  .meta({ id: 'TrainRequest' });

export type TrainRequest = z.output<typeof trainRequestSchema>;

/** The settings of a training by the field of a request that says the same for one training. */
const settingsOfRequest = {
  loss: 'loss',
  epochs: 'epochs',
  batch_size: 'trainBatch',
  max_length: 'trainMaxLength',
  learning_rate: 'learningRate',
  warmup_ratio: 'warmupRatio',
} as const satisfies Partial<Record<keyof TrainRequest, SettingKey>>;

/** What a service is asked for, so that it trains as a process with these settings would; only those that `counts` takes. */
export function requestOfSettings(
  settings: Settings,
  counts: (key: SettingKey) => boolean = () => true,
): TrainRequest {
  return Object.fromEntries(
    Object.entries(settingsOfRequest)
      .filter(([, key]) => counts(key))
      .map(([field, key]) => [field, settings[key]]),
  );
}

/** The settings with what a request says otherwise. */
function settingsWith(settings: Settings, request: TrainRequest): Settings {
  const said = Object.entries(settingsOfRequest).flatMap(([field, key]) => {
    const value = request[field as keyof typeof settingsOfRequest];
    return value === undefined ? [] : [[key, value]];
  });
  return { ...settings, ...Object.fromEntries(said) };
}

export const train = defineJob(trainRequestSchema, async (request, context) => {
  const outcome = await runTraining(request, context);
  return { model: outcome.modelId, ...outcome };
});

const prepareDatasetInChild = inChildProcess(
  new URL('../datasets/prepare-dataset.js', import.meta.url).href,
  prepareDataset,
);

/** A training's outcome with the loss it trained with, whatever the setting says by now. */
type TrainedWith = TrainingOutcome & { readonly loss: string };

/** Trains; a job that an earlier worker left behind goes on from its checkpoint. */
export async function runTraining(
  request: TrainRequest,
  context: JobContext,
): Promise<TrainedWith> {
  const { settings: given, signal } = context;
  const { dataDir } = given;
  const begun = await context.lastEvent('run');
  if (begun) {
    const name = String(begun.data.name);
    const done = await readOutcome(dataDir, name);
    if (done) return { ...done, loss: await lossOfRun(dataDir, name) };
    if ((await unfinishedRuns(dataDir)).includes(name)) {
      const loss = await lossOfRun(dataDir, name);
      const onEvent = reporter(context, loss);
      const onName = () => context.say('note', { text: `going on with run ${name}` });
      const outcome = await resumeRun(dataDir, name, { signal, onEvent, onName });
      return { ...stopIfAborted(outcome, signal), loss };
    }
  }
  const settings = settingsWith(given, request);
  const description = findLoss(settings.loss);
  refuseGatedLoss(description.name, settings);
  const parameters = request.loss_parameters ?? {};
  createLoss(description.name, parameters);
  const prepare = async () => {
    const base = await resolveModel(dataDir, request.base ?? 'live');
    context.progress({ message: 'makes the dataset' });
    const { snapshot, verified } = await prepareDatasetInChild(
      {
        dataDir,
        tripletsPath: settings.tripletsPath,
        dataset: request.dataset,
        basePath: base.path,
        loss: description.name,
        maxLength: settings.trainMaxLength,
        batchSize: settings.trainBatch,
      },
      { signal },
    );
    if (verified.problems.length > 0) throw new SnapshotError(verified.problems.join('\n'));
    void context.say('dataset', {
      loss: description.name,
      dataset: snapshot.manifest.hash,
      rows: verified.rows,
      labels: verified.labels,
      warnings: verified.warnings,
    });
    return newRunOf(settings, {
      snapshot,
      base,
      description,
      lossParameters: parameters,
      ...runArgumentsOf(request),
    });
  };
  const outcome = await prepareAndRun(dataDir, prepare, {
    signal,
    onEvent: reporter(context, description.name),
    onName: (name) => context.say('run', { name }),
  });
  return { ...stopIfAborted(outcome, signal), loss: description.name };
}

function runArgumentsOf(request: TrainRequest): RunArguments {
  const named = {
    lrSchedulerType: request.lr_scheduler_type,
    weightDecay: request.weight_decay,
    maxGradNorm: request.max_grad_norm,
    gradientAccumulationSteps: request.gradient_accumulation_steps,
    earlyStoppingPatience: request.early_stopping_patience,
    maxSteps: request.max_steps,
    seed: request.seed,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

async function lossOfRun(dataDir: string, name: string): Promise<string> {
  return (await readRequest(dataDir, name)).loss.name;
}

/** A run that was stopped has no model: whoever waits for one is told by the signal's reason. */
function stopIfAborted(outcome: TrainingOutcome, signal: AbortSignal): TrainingOutcome {
  if (outcome.modelId === null) signal.throwIfAborted();
  return outcome;
}

/** Steps are many: one a second is told. */
const SAY_STEPS_EVERY_MS = 1000;

function reporter(context: JobContext, loss: string): (event: RunEvent) => void {
  let said = 0;
  return (event) => {
    if (event.type === 'checkpoint') context.kept();
    if (event.type !== 'step') {
      void context.say(event.type, { loss_name: loss, ...event });
      return;
    }
    const { step, totalSteps, etaSeconds } = event;
    context.progress({
      share: step / totalSteps,
      message: `step ${step} of ${totalSteps}, ${loss} ${event.loss.toFixed(4)}`,
      etaSeconds,
    });
    const now = Date.now();
    if (now - said < SAY_STEPS_EVERY_MS && step < totalSteps) return;
    said = now;
    void context.say('step', { loss_name: loss, ...event });
  };
}
