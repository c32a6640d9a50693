/** All losses. To add one, write its file and add one line to `definitions`. */
import { binaryCrossEntropyLoss } from './binary-cross-entropy-loss.js';
import { crossEntropyLoss } from './cross-entropy-loss.js';
import type { LossDescription } from './description.js';
import { type Loss, LossChoiceError, type LossDefinition, type LossParameters } from './loss.js';
import { marginMSELoss } from './margin-mse-loss.js';
import { multipleNegativesRankingLoss } from './multiple-negatives-ranking-loss.js';

/** The product's default first. */
const definitions: LossDefinition[] = [
  crossEntropyLoss,
  binaryCrossEntropyLoss,
  multipleNegativesRankingLoss,
  marginMSELoss,
];

const descriptions = definitions.map(({ description }) => description);

/** The descriptions of all losses. Losses registered later are added to this list. */
export const lossDescriptions: readonly LossDescription[] = descriptions;

/**
 * Adds a loss of your own, made by `defineLoss`, and gives a function that removes it.
 * @throws {LossChoiceError} if one of its names is taken
 */
export function registerLoss(definition: LossDefinition): () => void {
  const { description } = definition;
  for (const name of [description.name, description.alias]) {
    if (entryOf(name))
      throw new LossChoiceError(`A loss named '${name}' exists already. Choose another name.`);
  }
  definitions.push(definition);
  descriptions.push(description);
  return () => {
    definitions.splice(definitions.indexOf(definition), 1);
    descriptions.splice(descriptions.indexOf(description), 1);
  };
}

/** The loss of a class name or short name, in any case. Throws `LossChoiceError` for other names. */
export function findLoss(name: string): LossDescription {
  return findEntry(name).description;
}

/** As `findLoss`, with null for other names. */
export function knownLoss(name: string): LossDescription | null {
  return entryOf(name)?.description ?? null;
}

/**
 * A loss ready for training. `numLabels` is the head's number of logits, `headSizeFor(description)`
 * by default. Throws `LossChoiceError` for an unknown name or parameter, or a wrong value.
 */
export function createLoss(
  name: string,
  parameters: LossParameters = {},
  numLabels?: number,
): Loss {
  const entry = findEntry(name);
  return entry.create(parameters, numLabels ?? headSizeFor(entry.description));
}

/** The number of logits of a head for a loss: the number that it needs, or `current` if that suffices. */
export function headSizeFor(description: LossDescription, current = 0): number {
  const { numLabels } = description;
  return 'exactly' in numLabels ? numLabels.exactly : Math.max(numLabels.atLeast, current);
}

function entryOf(name: string): LossDefinition | undefined {
  const isName = isSame(name);
  return definitions.find(({ description: own }) => isName(own.name) || isName(own.alias));
}

function findEntry(name: string): LossDefinition {
  const found = entryOf(name);
  if (found) return found;
  const isName = isSame(name);
  for (const { otherNames } of descriptions) {
    const other = Object.keys(otherNames).find(isName);
    if (other !== undefined) throw new LossChoiceError(`${otherNames[other]}.`);
  }
  const known = descriptions.map((own) => `${own.alias} (${own.name})`);
  throw new LossChoiceError(`Unknown loss '${name}'. Choose one of ${known.join(', ')}.`);
}

function isSame(name: string): (own: string) => boolean {
  const wanted = name.trim().toLowerCase();
  return (own) => own.toLowerCase() === wanted;
}
