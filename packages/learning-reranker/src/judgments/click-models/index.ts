/** The registry of click models. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { ClickModel } from './click-model.js';
import { coec } from './coec.js';
import { inversePropensity } from './inverse-propensity.js';
import { naive } from './naive.js';
import { sdbn } from './sdbn.js';

/** A new click model is one file and one line here. */
const models: ClickModel[] = [naive, coec, sdbn, inversePropensity];

export const DEFAULT_CLICK_MODEL = inversePropensity.name;

/** Adds a click model. Call it before the operations load, which build their request schemas once. */
export function registerClickModel(model: ClickModel): void {
  models.push(model);
}

export function clickModels(): readonly ClickModel[] {
  return models;
}

export function clickModelNames(): string[] {
  return models.map(({ name }) => name);
}

/** @throws {UnknownClickModelError} */
export function clickModel(name: string): ClickModel {
  const model = models.find((one) => one.name === name);
  if (!model) throw new UnknownClickModelError(name);
  return model;
}

export class UnknownClickModelError extends TypedError {
  override readonly name = 'UnknownClickModelError';
  readonly kind = 'invalid';

  constructor(name: string) {
    super(`There is no click model '${name}'. Choose one of ${clickModelNames().join(', ')}.`);
  }
}
