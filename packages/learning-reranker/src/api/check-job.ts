/** What can be known of a job before it waits in the queue: a loss, a model, a dataset, a teacher, the folders it would read. */
import {
  createLoss,
  findLoss,
  LossChoiceError,
  type LossDescription,
} from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import { FeatureFlagError, refuseGatedLoss, type Settings } from '../config/index.js';
import type { JobKind } from '../database/index.js';
import { findSnapshot, SnapshotError } from '../datasets/index.js';
import { jobSchemas } from '../operations/index.js';
import { CLOUD_TEACHER } from '../operations/mine.js';
import type { TrainRequest } from '../operations/train.js';
import {
  promotableModel,
  RegistryError,
  resolveModel,
  UnknownModelError,
} from '../registry/index.js';
import { ApiError } from './errors.js';
import { pathsOf, refuseOutside } from './source-roots.js';

type Requests = { readonly [Kind in JobKind]: z.output<(typeof jobSchemas)[Kind]> };

/** `place` is where the request stands in what was sent, such as `request.`; refusals name fields from there. */
type Check<Kind extends JobKind> = (
  request: Requests[Kind],
  settings: Settings,
  place: string,
) => Promise<void>;

const checks: { readonly [Kind in JobKind]: Check<Kind> } = {
  mine: checkMining,
  import: (request, settings, place) => refuseOutside(pathsOf(request), settings, place),
  train: async (request, settings, place) => {
    await checkTraining(request, settings, place);
  },
  demo: async ({ loss }, settings, place) => {
    checkLoss(loss, settings, place);
  },
  cycle: async ({ mine, train }, settings, place) => {
    const { name, dataShape } = await checkTraining(train, settings, `${place}train.`);
    // A cycle replaces what was mined before: scores that an earlier mining asked for are not on the records.
    if (dataShape === 'scored-tuples' && !('teacher' in mine && mine.teacher !== undefined)) {
      throw new ApiError(
        'conflict',
        `${name} learns from a teacher's scores, and this cycle mines none: name a teacher for what people clicked and rated (mine.teacher, or reranker cycle --teacher)`,
        { field: `${place}mine.teacher` },
      );
    }
    await checkMining(mine, settings, `${place}mine.`);
  },
  evaluate: async ({ model, against, dataset }, settings, place) => {
    await checkModel(`${place}model`, model, settings);
    await checkModel(`${place}against`, against, settings);
    await checkDataset(`${place}dataset`, dataset, settings);
  },
  promote: ({ model }, { dataDir }, place) =>
    asRefusal(`${place}model`, promotableModel(dataDir, model)),
};

/** @throws {ApiError}, and {ZodError} for what is no request of this kind */
export async function checkJob<Kind extends JobKind>(
  kind: Kind,
  request: unknown,
  settings: Settings,
): Promise<void> {
  await checks[kind](jobSchemas[kind].parse(request) as Requests[Kind], settings, '');
}

/** As `checkJob`, of a job that stands under `request` in what was sent. */
export async function checkLaterJob<Kind extends JobKind>(
  kind: Kind,
  request: unknown,
  settings: Settings,
): Promise<void> {
  const schema: z.ZodType = jobSchemas[kind];
  const sent = z.object({ request: schema }).parse({ request });
  await checks[kind](sent.request as Requests[Kind], settings, 'request.');
}

async function checkTraining(
  { loss, loss_parameters, base, dataset }: TrainRequest,
  settings: Settings,
  place: string,
): Promise<LossDescription> {
  const description = checkLoss(loss, settings, place);
  try {
    createLoss(description.name, loss_parameters);
  } catch (error) {
    if (!(error instanceof LossChoiceError)) throw error;
    throw new ApiError('invalid_request', error.message, { field: `${place}loss_parameters` });
  }
  await checkModel(`${place}base`, base, settings);
  await checkDataset(`${place}dataset`, dataset, settings);
  return description;
}

async function checkMining(
  request: Requests['mine'],
  settings: Settings,
  place: string,
): Promise<void> {
  await refuseOutside(pathsOf(request), settings, place);
  if (!('teacher' in request)) return;
  const field = `${place}teacher`;
  if (request.teacher !== CLOUD_TEACHER) return checkModel(field, request.teacher, settings);
  if (settings.cloudApiKey !== null) return;
  throw new ApiError(
    'conflict',
    `there is no key for ${settings.cloudUrl} to have pairs scored with: set COHERE_API_KEY and start again, or name a model as the teacher`,
    { field },
  );
}

function checkLoss(name: string | undefined, settings: Settings, place: string): LossDescription {
  try {
    const description = findLoss(name ?? settings.loss);
    refuseGatedLoss(description.name, settings);
    return description;
  } catch (error) {
    const field = `${place}loss`;
    if (error instanceof LossChoiceError) {
      throw new ApiError('invalid_request', error.message, { field });
    }
    if (error instanceof FeatureFlagError) {
      throw new ApiError('feature_disabled', error.message, { field });
    }
    throw error;
  }
}

async function checkDataset(
  field: string,
  hash: string | undefined,
  { dataDir }: Settings,
): Promise<void> {
  if (hash === undefined) return;
  try {
    await findSnapshot(dataDir, hash);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    throw new ApiError('not_found', error.message, { field });
  }
}

async function checkModel(
  field: string,
  name: string | undefined,
  { dataDir }: Settings,
): Promise<void> {
  if (name !== undefined) await asRefusal(field, resolveModel(dataDir, name));
}

/** A model that is there and cannot be used is another matter than one that is not. */
async function asRefusal(field: string, model: Promise<unknown>): Promise<void> {
  try {
    await model;
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const code = error instanceof UnknownModelError ? 'not_found' : 'conflict';
    throw new ApiError(code, error.message, { field });
  }
}
