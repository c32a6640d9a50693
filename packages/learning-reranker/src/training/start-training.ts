/** Starts a training run in a process of its own and waits for the model. */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { listCheckpoints, writeFileAtomically } from '@learning-reranker/cross-encoder';
import { type ErrorKind, TypedError } from '@learning-reranker/cross-encoder/errors';
import { runChild } from '../processes/child.js';
import { ChildProcessError } from '../processes/failure.js';
import { modelsFolder, newModelId, resolveModel, verifyModel } from '../registry/index.js';
import { takeTrainingLock } from './training-lock.js';
import {
  checkpointsFolder,
  type TrainingMessage,
  type TrainingOutcome,
  type TrainingRequest,
} from './training-request.js';

export interface StartOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingMessage) => void;
  /** Told the run's name before it begins, or goes on: `resumeTraining` takes it. */
  readonly onName?: (name: string) => void | Promise<void>;
}

/** What a run is asked for; identity and folder are given to it. */
export type NewTraining = Omit<TrainingRequest, 'modelId' | 'runFolder' | 'resume'> & {
  readonly lossAlias: string;
};

const TRAINING_PROCESS = new URL('./training-process.js', import.meta.url).href;

const REQUEST_FILE = 'request.json';
const EVENTS_FILE = 'events.jsonl';
const OUTCOME_FILE = 'outcome.json';

/** A run that is not there, or that ended before its model was complete. */
export class TrainingStoppedError extends TypedError {
  override readonly name = 'TrainingStoppedError';
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * A new run. The model appears in the registry when it is complete; until then checkpoints stay in the
 * run's folder for `resumeTraining`.
 * @throws {TrainingLockError} when another run works there; {TrainingStoppedError} when its process was killed; what it reports.
 */
export function startTraining(
  run: NewTraining,
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  return prepareAndTrain(run.dataDir, async () => run, options);
}

/** A new run of what is prepared once no other works there: whoever has to wait has prepared nothing. @throws as `startTraining` */
export async function prepareAndTrain(
  folder: string,
  prepare: () => Promise<NewTraining>,
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  const dataDir = resolve(folder);
  return alone(dataDir, async () => {
    const { lossAlias, ...rest } = await prepare();
    const modelId = await newTrainingFolder(dataDir, lossAlias);
    const runFolder = join(dataDir, 'runs', modelId);
    const datasetPath = resolve(rest.datasetPath);
    await options.onName?.(modelId);
    return run({ ...rest, dataDir, datasetPath, modelId, runFolder, resume: false }, options);
  });
}

/** Goes on with the newest run that did not end, or with the one named. @throws {TrainingStoppedError} as `startTraining`. */
export async function resumeTraining(
  dataDir: string,
  name: string | undefined,
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  return alone(dataDir, async () => {
    const unfinished = await unfinishedTrainings(dataDir);
    const chosen = name === undefined ? unfinished.at(-1) : unfinished.find((run) => run === name);
    if (!chosen) {
      throw new TrainingStoppedError(
        'not-found',
        name === undefined
          ? 'every run has ended: there is nothing to go on with'
          : `there is no unfinished run '${name}'; there are: ${unfinished.join(', ') || 'none'}`,
      );
    }
    const runFolder = join(dataDir, 'runs', chosen);
    await options.onName?.(chosen);
    const asked = await readRequest(dataDir, chosen);
    // The data folder may have been moved since, or lie elsewhere on this machine, and so may the base.
    const datasetPath = join(dataDir, 'datasets', basename(asked.datasetPath));
    const base = await baseOf(dataDir, asked);
    const request = { ...asked, dataDir, datasetPath, runFolder, base };
    const done = await finishedModel(request);
    if (done) return record(runFolder, done);
    const checkpoints = await listCheckpoints(checkpointsFolder(runFolder));
    return run({ ...request, resume: checkpoints.length > 0 }, options);
  });
}

async function baseOf(
  dataDir: string,
  { base }: TrainingRequest,
): Promise<TrainingRequest['base']> {
  if (existsSync(base.path)) return base;
  return { id: base.id, path: (await resolveModel(dataDir, base.id)).path };
}

/** Runs that were begun and did not end, oldest first. */
export async function unfinishedTrainings(dataDir: string): Promise<string[]> {
  const runs = await readdir(join(dataDir, 'runs')).catch(() => []);
  const open: string[] = [];
  for (const run of runs.sort()) {
    const files: string[] = await readdir(join(dataDir, 'runs', run)).catch(() => []);
    if (files.includes(REQUEST_FILE) && !files.includes(OUTCOME_FILE)) open.push(run);
  }
  return open;
}

/** What a run was asked for. @throws {TrainingStoppedError} when it is not there. */
export async function readRequest(dataDir: string, name: string): Promise<TrainingRequest> {
  const path = join(dataDir, 'runs', name, REQUEST_FILE);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as TrainingRequest;
  } catch {
    throw new TrainingStoppedError('damaged', `${path} cannot be read: start a new run`);
  }
}

/** How a run ended that made a model; null for one that did not, or was not begun. */
export async function readOutcome(dataDir: string, name: string): Promise<TrainingOutcome | null> {
  const text = await readFile(join(dataDir, 'runs', name, OUTCOME_FILE), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as TrainingOutcome);
}

async function alone<Result>(dataDir: string, work: () => Promise<Result>): Promise<Result> {
  const release = await takeTrainingLock(dataDir);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function run(request: TrainingRequest, options: StartOptions): Promise<TrainingOutcome> {
  const { runFolder, modelId } = request;
  await mkdir(runFolder, { recursive: true });
  await writeFileAtomically(join(runFolder, REQUEST_FILE), `${JSON.stringify(request, null, 2)}\n`);
  const events = await open(join(runFolder, EVENTS_FILE), 'a');
  let written = Promise.resolve();
  try {
    const outcome = await runChild<TrainingRequest, TrainingMessage, TrainingOutcome>(
      TRAINING_PROCESS,
      request,
      {
        signal: options.signal,
        onEvent: (event) => {
          const time = new Date().toISOString();
          const line = `${JSON.stringify({ time, ...event })}\n`;
          // One after the other, in order; a log that cannot be written is no reason to stop training.
          written = written.then(() => events.appendFile(line)).catch(() => undefined);
          options.onEvent?.(event);
        },
      },
    );
    return outcome.reason === 'aborted' ? outcome : await record(runFolder, outcome);
  } catch (error) {
    if (!(error instanceof ChildProcessError)) throw error;
    throw new TrainingStoppedError(
      'unavailable',
      `${error.message}. What is live and the datasets are as they were; go on from the last checkpoint with: reranker train --resume ${modelId}`,
      { cause: error },
    );
  } finally {
    await written;
    await events.close();
  }
}

/** A complete model is not gone on with: its checkpoints, six times its size, go before the outcome stands. */
async function record(runFolder: string, outcome: TrainingOutcome): Promise<TrainingOutcome> {
  await rm(checkpointsFolder(runFolder), { recursive: true, force: true });
  await writeFileAtomically(join(runFolder, OUTCOME_FILE), `${JSON.stringify(outcome, null, 2)}\n`);
  return outcome;
}

/** The outcome of a run whose model was complete when its processes were killed. */
async function finishedModel(request: TrainingRequest): Promise<TrainingOutcome | null> {
  const folder = join(modelsFolder(request.dataDir), request.modelId);
  const manifest = await verifyModel(folder).catch(() => null);
  if (!manifest) return null;
  const { steps, seconds, loss: trainLoss } = manifest.training;
  return { modelId: manifest.id, reason: 'completed', steps, seconds, trainLoss };
}

/** Ids count seconds; who makes the run's folder has the id, and of two within one the later waits for its own. */
export async function newTrainingFolder(dataDir: string, lossAlias: string): Promise<string> {
  const runs = join(dataDir, 'runs');
  await mkdir(runs, { recursive: true });
  const models = new Set(await readdir(modelsFolder(dataDir)).catch(() => []));
  for (let time = Date.now(); ; time += 1000) {
    const id = newModelId(lossAlias, new Date(time));
    if (models.has(id)) continue;
    const made = await mkdir(join(runs, id)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (made) return id;
  }
}
