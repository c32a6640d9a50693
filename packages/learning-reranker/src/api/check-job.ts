/** What can be known of a job before it waits in the queue: a loss, a model, the folders it would read. */
import { findLoss } from '@learning-reranker/cross-encoder';
import type { z } from 'zod';
import { refuseGatedLoss, type Settings } from '../config/index.js';
import type { JobKind } from '../database/index.js';
import {
  promotableModel,
  RegistryError,
  resolveModel,
  UnknownModelError,
} from '../registry/index.js';
import { jobSchemas } from '../runs/index.js';
import { ApiError } from './errors.js';
import { pathsOf, refuseOutside } from './source-roots.js';

type Requests = { readonly [Kind in JobKind]: z.output<(typeof jobSchemas)[Kind]> };

const checks: {
  readonly [Kind in JobKind]: (request: Requests[Kind], settings: Settings) => Promise<void>;
} = {
  mine: (request, settings) => refuseOutside(pathsOf(request), settings),
  import: (request, settings) => refuseOutside(pathsOf(request), settings),
  train: async ({ loss, base }, settings) => {
    checkLoss(loss, settings);
    await checkModel('base', base, settings);
  },
  demo: async ({ loss }, settings) => checkLoss(loss, settings),
  cycle: async ({ mine, train }, settings) => {
    checkLoss(train.loss, settings);
    await checkModel('train.base', train.base, settings);
    await refuseOutside(pathsOf(mine), settings);
  },
  evaluate: async ({ model, against }, settings) => {
    await checkModel('model', model, settings);
    await checkModel('against', against, settings);
  },
  promote: ({ model }, { dataDir }) => asRefusal('model', promotableModel(dataDir, model)),
};

/** @throws {ApiError} {LossChoiceError} {FeatureFlagError}, and {ZodError} for what is no request of this kind */
export async function checkJob<Kind extends JobKind>(
  kind: Kind,
  request: unknown,
  settings: Settings,
): Promise<void> {
  await checks[kind](jobSchemas[kind].parse(request) as Requests[Kind], settings);
}

function checkLoss(name: string | undefined, settings: Settings): void {
  refuseGatedLoss(findLoss(name ?? settings.loss).name, settings);
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
