/** Trains a model from what was mined. */
import { styleText } from 'node:util';
import {
  createLoss,
  findLoss,
  type LossParameters,
  resolveTrainingArguments,
  Tokenizer,
} from '@learning-reranker/cross-encoder';
import { refuseGatedLoss } from '../../config/index.js';
import { findSnapshot, readSnapshot, verifyDataset } from '../../datasets/index.js';
import { requestOfSettings, type TrainRequest } from '../../operations/train.js';
import { resolveModel } from '../../registry/index.js';
import { newRunOf, type RunArguments, trainingArgumentsOf } from '../../training/plan-training.js';
import { resumeRun, startRun } from '../../training/start-training.js';
import type { RunEvent, TrainingOutcome } from '../../training/training-request.js';
import type { CommandAction, CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { Progress } from '../progress.js';
import { refuseUnfit, snapshotOfMined } from './dataset.js';
import { runJobThere } from './run-job.js';
import { runningService } from './service-connection.js';

interface TrainOptions extends RunArguments {
  readonly lossParameter?: readonly string[];
  readonly base?: string;
  readonly dataset?: string;
  readonly resume?: boolean | string;
}

export const train: CommandAction<TrainOptions> = async (context, options) => {
  const { settings } = context;
  if (options.resume) {
    const name = typeof options.resume === 'string' ? options.resume : undefined;
    const outcome = await withTrainingProgress(context, (onEvent) =>
      resumeRun(settings.dataDir, name, { signal: context.signal, onEvent }),
    );
    return report(context, outcome);
  }
  const description = findLoss(settings.loss);
  refuseGatedLoss(description.name, settings);
  const lossParameters = parseLossParameters(options.lossParameter ?? []);
  createLoss(description.name, lossParameters);
  resolveTrainingArguments(trainingArgumentsOf(settings, options));
  const service = options.base?.includes('/') ? null : await runningService(context);
  if (service) {
    const request = requestOf(settings, options, lossParameters);
    return report(context, await runJobThere<TrainingOutcome>(context, service, 'train', request));
  }

  const chosen = options.dataset
    ? await findSnapshot(settings.dataDir, options.dataset)
    : await snapshotOfMined(context);
  const { path, manifest } = chosen;
  const base = await resolveModel(settings.dataDir, options.base ?? 'live');
  const snapshot = await readSnapshot(path);
  const tokenizer = await Tokenizer.load(base.path);
  const verified = verifyDataset(snapshot.train, description, {
    maxLength: settings.trainMaxLength,
    batchSize: settings.trainBatch,
    tokenCount: (text) => tokenizer.tokenCount(text),
  });
  refuseUnfit(verified);
  for (const warning of verified.warnings) context.note(`note: ${warning}`);
  context.note(
    `${description.name} on dataset ${manifest.hash}: ${verified.rows} rows, from ${base.id}`,
  );
  const outcome = await withTrainingProgress(context, (onEvent) =>
    startRun(
      newRunOf(settings, { ...options, snapshot: chosen, base, description, lossParameters }),
      {
        signal: context.signal,
        onEvent,
      },
    ),
  );
  return report(context, { model: outcome.modelId, loss: description.name, ...outcome });
};

/** What the service is asked for, so that it trains as this process would. */
function requestOf(
  settings: CommandContext['settings'],
  options: TrainOptions,
  lossParameters: LossParameters,
): TrainRequest {
  return {
    ...requestOfSettings(settings),
    loss_parameters: lossParameters,
    base: options.base,
    dataset: options.dataset,
    lr_scheduler_type: options.lrSchedulerType,
    weight_decay: options.weightDecay,
    max_grad_norm: options.maxGradNorm,
    gradient_accumulation_steps: options.gradientAccumulationSteps,
    early_stopping_patience: options.earlyStoppingPatience,
    max_steps: options.maxSteps,
    seed: options.seed,
  };
}

function parseLossParameters(given: readonly string[]): LossParameters {
  return Object.fromEntries(
    given.map((text) => {
      const [name = '', value] = text.split('=', 2);
      if (name === '' || value === undefined) {
        throw new UsageError(`--loss-parameter: expected name=value, got '${text}'`);
      }
      const parsed = /^(?:null|none)$/i.test(value)
        ? null
        : Number.isNaN(Number(value))
          ? value
          : Number(value);
      return [name, parsed];
    }),
  );
}

/** Shows a run's events as a bar with live loss. */
export async function withTrainingProgress(
  { note }: Pick<CommandContext, 'note'>,
  work: (onEvent: (event: RunEvent) => void) => Promise<TrainingOutcome>,
): Promise<TrainingOutcome> {
  const progress = new Progress('train');
  let smoothed: number | undefined;
  try {
    const outcome = await work((event) => {
      if (event.type === 'step') {
        smoothed = smoothed === undefined ? event.loss : 0.95 * smoothed + 0.05 * event.loss;
        progress.update({
          share: event.step / event.totalSteps,
          text: `step ${event.step}/${event.totalSteps}  loss ${smoothed.toFixed(4)}  ${Math.round(event.tokensPerSecond)} tokens/s`,
          etaSeconds: event.etaSeconds,
        });
      } else if (event.type === 'evaluation') {
        const metrics = Object.entries(event.metrics).map(
          ([name, value]) => `${name} ${value.toFixed(4)}`,
        );
        progress.stop();
        note(`  step ${event.step}: ${metrics.join(', ')}${event.best ? ' (best so far)' : ''}`);
      } else if (event.type === 'prepared' && event.head !== 'kept') {
        note(
          event.head === 'converted'
            ? '  the head was converted for this loss; scores did not change'
            : '  the head did not fit this loss and was drawn anew from the seed',
        );
      } else if (event.type === 'note') note(`  ${event.text}`);
    });
    progress.done(`${outcome.steps} steps, mean loss ${outcome.trainLoss.toFixed(4)}`);
    return outcome;
  } catch (error) {
    progress.stop();
    throw error;
  }
}

function report<Outcome extends TrainingOutcome>(
  context: CommandContext,
  outcome: Outcome,
): Outcome {
  if (outcome.modelId === null) {
    context.note('stopped; the checkpoint stays. Go on with: reranker train --resume');
    process.exitCode = 130;
  } else {
    context.print(
      `model ${styleText('bold', outcome.modelId)}\nNext: reranker evaluate --model ${outcome.modelId} --against live`,
    );
  }
  return outcome;
}
