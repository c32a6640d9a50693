/** Starts a training run in a process of its own and waits for the model. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { newModelId } from '../registry/index.js';
import { runChild } from './child.js';
import { takeTrainingLock } from './lock.js';
import type { RunEvent, TrainingOutcome, TrainingRequest } from './training-run.js';

export interface StartOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

const REQUEST_FILE = 'request.json';
const OUTCOME_FILE = 'outcome.json';

/** There is no run to go on with. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

/** A new run. @throws what the run throws; checkpoints stay for `resumeRun`. */
export async function startRun(
  request: Omit<TrainingRequest, 'modelId' | 'runFolder' | 'resume'> & { lossAlias: string },
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  const { lossAlias, ...rest } = request;
  const modelId = newModelId(lossAlias, new Date());
  const runFolder = join(request.dataDir, 'runs', modelId);
  return run({ ...rest, modelId, runFolder, resume: false }, options);
}

/** Goes on with the newest run that did not end, or with the one named. @throws {RunError} */
export async function resumeRun(
  dataDir: string,
  name: string | undefined,
  options: StartOptions = {},
): Promise<TrainingOutcome> {
  const unfinished = await unfinishedRuns(dataDir);
  const chosen = name === undefined ? unfinished.at(-1) : unfinished.find((run) => run === name);
  if (!chosen) {
    throw new RunError(
      name === undefined
        ? 'every run has ended: there is nothing to go on with'
        : `there is no unfinished run '${name}'; there are: ${unfinished.join(', ') || 'none'}`,
    );
  }
  const runFolder = join(dataDir, 'runs', chosen);
  const request = JSON.parse(
    await readFile(join(runFolder, REQUEST_FILE), 'utf8'),
  ) as TrainingRequest;
  const checkpoints = await readdir(join(runFolder, 'checkpoints')).catch(() => []);
  const resume = checkpoints.some((entry) => /^checkpoint-\d+$/.test(entry));
  return run({ ...request, runFolder, resume }, options);
}

/** Runs that were begun and did not end, oldest first. */
export async function unfinishedRuns(dataDir: string): Promise<string[]> {
  const runs = await readdir(join(dataDir, 'runs')).catch(() => []);
  const open: string[] = [];
  for (const run of runs.sort()) {
    const files: string[] = await readdir(join(dataDir, 'runs', run)).catch(() => []);
    if (files.includes(REQUEST_FILE) && !files.includes(OUTCOME_FILE)) open.push(run);
  }
  return open;
}

async function run(request: TrainingRequest, options: StartOptions): Promise<TrainingOutcome> {
  const release = await takeTrainingLock(request.dataDir);
  try {
    await mkdir(request.runFolder, { recursive: true });
    await writeFileAtomically(
      join(request.runFolder, REQUEST_FILE),
      `${JSON.stringify(request, null, 2)}\n`,
    );
    const outcome = await runChild<TrainingRequest, RunEvent, TrainingOutcome>(
      'training-process',
      request,
      options,
    );
    if (outcome.reason !== 'aborted') {
      await writeFileAtomically(
        join(request.runFolder, OUTCOME_FILE),
        `${JSON.stringify(outcome, null, 2)}\n`,
      );
    }
    return outcome;
  } finally {
    await release();
  }
}
