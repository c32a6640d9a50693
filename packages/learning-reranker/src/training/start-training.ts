/** Starts or resumes a training in a child process, and waits for its model. */
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
  /** Called with the name of the training before it starts or resumes; `resumeTraining` accepts it. */
  readonly onName?: (name: string) => void | Promise<void>;
}

/** The request of a training that has no id and folder yet. */
export type NewTraining = Omit<TrainingRequest, 'modelId' | 'folder' | 'resume'> & {
  readonly lossAlias: string;
};

const TRAINING_PROCESS = new URL('./training-process.js', import.meta.url).href;

const REQUEST_FILE = 'request.json';
const EVENTS_FILE = 'events.jsonl';
const OUTCOME_FILE = 'outcome.json';

/** A training does not exist, or ended before its model was complete. */
class TrainingStoppedError extends TypedError {
  override readonly name = 'TrainingStoppedError';
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * Starts a training. Its model appears in the registry when it is complete. Until then its checkpoints stay for
 * `resumeTraining`.
 * @throws {TrainingLockError} if another training runs; {TrainingStoppedError} if its process was killed
 */
export function startTraining(
  training: NewTraining,
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  return prepareAndTrain(training.dataDir, async () => training, options);
}

/** Takes the lock before it prepares, so that a training that must wait prepares nothing. @throws as `startTraining` */
export async function prepareAndTrain(
  dataFolder: string,
  prepare: () => Promise<NewTraining>,
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  const dataDir = resolve(dataFolder);
  return withLock(dataDir, async () => {
    const { lossAlias, ...rest } = await prepare();
    const modelId = await newTrainingFolder(dataDir, lossAlias);
    const folder = folderOf(dataDir, modelId);
    const datasetPath = resolve(rest.datasetPath);
    await options.onName?.(modelId);
    return train({ ...rest, dataDir, datasetPath, modelId, folder, resume: false }, options);
  });
}

/** Resumes the newest unfinished training, or the one named. @throws as `startTraining`; {TrainingStoppedError} if there is none */
export async function resumeTraining(
  dataDir: string,
  name: string | undefined,
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  return withLock(dataDir, async () => {
    const unfinished = await unfinishedTrainings(dataDir);
    const chosen = name === undefined ? unfinished.at(-1) : unfinished.find((one) => one === name);
    if (!chosen) {
      throw new TrainingStoppedError(
        'not-found',
        name === undefined
          ? 'There is no unfinished training to resume. Start one with: reranker train'
          : `There is no unfinished training '${name}'. Unfinished are: ${unfinished.join(', ') || 'none'}.`,
      );
    }
    const folder = folderOf(dataDir, chosen);
    await options.onName?.(chosen);
    const asked = await readRequest(dataDir, chosen);
    // The data folder may have moved since, or another machine mounts it elsewhere.
    const datasetPath = join(dataDir, 'datasets', basename(asked.datasetPath));
    const base = await baseOf(dataDir, asked);
    const request = { ...asked, dataDir, datasetPath, folder, base };
    const done = await finishedModel(request);
    if (done) return record(folder, done);
    const checkpoints = await listCheckpoints(checkpointsFolder(folder));
    return train({ ...request, resume: checkpoints.length > 0 }, options);
  });
}

async function baseOf(
  dataDir: string,
  { base }: TrainingRequest,
): Promise<TrainingRequest['base']> {
  if (existsSync(base.path)) return base;
  return { id: base.id, path: (await resolveModel(dataDir, base.id)).path };
}

/** The names of unfinished trainings, oldest first. */
export async function unfinishedTrainings(dataDir: string): Promise<string[]> {
  const names = await readdir(join(dataDir, 'runs')).catch(() => []);
  const unfinished: string[] = [];
  for (const name of names.sort()) {
    const files: string[] = await readdir(folderOf(dataDir, name)).catch(() => []);
    if (files.includes(REQUEST_FILE) && !files.includes(OUTCOME_FILE)) unfinished.push(name);
  }
  return unfinished;
}

/** The request of a training. @throws {TrainingStoppedError} if it cannot be read */
export async function readRequest(dataDir: string, name: string): Promise<TrainingRequest> {
  const path = join(folderOf(dataDir, name), REQUEST_FILE);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as TrainingRequest;
  } catch {
    throw new TrainingStoppedError('damaged', `${path} cannot be read. Start a new training.`);
  }
}

/** The outcome of a training that made a model; null for any other. */
export async function readOutcome(dataDir: string, name: string): Promise<TrainingOutcome | null> {
  const path = join(folderOf(dataDir, name), OUTCOME_FILE);
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as TrainingOutcome);
}

/** The folder `runs` holds one folder for each training. */
function folderOf(dataDir: string, name: string): string {
  return join(dataDir, 'runs', name);
}

async function withLock<Result>(dataDir: string, work: () => Promise<Result>): Promise<Result> {
  const release = await takeTrainingLock(dataDir);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function train(request: TrainingRequest, options: StartOptions): Promise<TrainingOutcome> {
  const { folder, modelId } = request;
  await mkdir(folder, { recursive: true });
  await writeFileAtomically(join(folder, REQUEST_FILE), `${JSON.stringify(request, null, 2)}\n`);
  const events = await open(join(folder, EVENTS_FILE), 'a');
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
          // In order. Training continues if the events cannot be written.
          written = written.then(() => events.appendFile(line)).catch(() => undefined);
          options.onEvent?.(event);
        },
      },
    );
    return outcome.reason === 'aborted' ? outcome : await record(folder, outcome);
  } catch (error) {
    if (!(error instanceof ChildProcessError)) throw error;
    throw new TrainingStoppedError(
      'unavailable',
      `${error.message}. The live model and the datasets are unchanged. Continue from the last checkpoint with: reranker train --resume ${modelId}`,
      { cause: error },
    );
  } finally {
    await written;
    await events.close();
  }
}

/** Removes the checkpoints, six times the size of the model, then records the outcome. */
async function record(folder: string, outcome: TrainingOutcome): Promise<TrainingOutcome> {
  await rm(checkpointsFolder(folder), { recursive: true, force: true });
  await writeFileAtomically(join(folder, OUTCOME_FILE), `${JSON.stringify(outcome, null, 2)}\n`);
  return outcome;
}

/** The outcome of a training that was killed after its model was complete. */
async function finishedModel(request: TrainingRequest): Promise<TrainingOutcome | null> {
  const folder = join(modelsFolder(request.dataDir), request.modelId);
  const manifest = await verifyModel(folder).catch(() => null);
  if (!manifest) return null;
  const { steps, seconds, loss: trainLoss } = manifest.training;
  return { modelId: manifest.id, reason: 'completed', steps, seconds, trainLoss };
}

/** Makes a folder for a training and returns its id. Ids are times in seconds; a second training takes the next one. */
export async function newTrainingFolder(dataDir: string, lossAlias: string): Promise<string> {
  await mkdir(folderOf(dataDir, ''), { recursive: true });
  const models = new Set(await readdir(modelsFolder(dataDir)).catch(() => []));
  for (let time = Date.now(); ; time += 1000) {
    const id = newModelId(lossAlias, new Date(time));
    if (models.has(id)) continue;
    const made = await mkdir(folderOf(dataDir, id)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (made) return id;
  }
}
