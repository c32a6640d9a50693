/** The losses by their SBERT class name and by the product's short name. */
import * as binaryCrossEntropy from './binary-cross-entropy-loss.js';
import * as crossEntropy from './cross-entropy-loss.js';
import type { LossDescription } from './description.js';
import { type Loss, LossChoiceError, type LossParameters } from './loss.js';
import * as marginMSE from './margin-mse-loss.js';
import * as multipleNegativesRanking from './multiple-negatives-ranking-loss.js';

interface LossEntry {
  readonly description: LossDescription;
  readonly create: (parameters: LossParameters, numLabels: number) => Loss;
}

const entries: readonly LossEntry[] = [
  { description: crossEntropy.description, create: crossEntropy.crossEntropyLoss },
  {
    description: binaryCrossEntropy.description,
    create: binaryCrossEntropy.binaryCrossEntropyLoss,
  },
  {
    description: multipleNegativesRanking.description,
    create: multipleNegativesRanking.multipleNegativesRankingLoss,
  },
  { description: marginMSE.description, create: marginMSE.marginMSELoss },
];

/** Every loss there is, the product's default first. */
export const lossDescriptions: readonly LossDescription[] = entries.map(
  (entry) => entry.description,
);

/** Names people look for that are not cross-encoder losses, and what to choose instead. */
const misnomers: Readonly<Record<string, string>> = {
  softmaxloss:
    "SBERT's SoftmaxLoss is a bi-encoder loss; for a cross-encoder choose CrossEntropyLoss (softmax)",
  binaryclassificationloss:
    'SBERT has no BinaryClassificationLoss; choose BinaryCrossEntropyLoss (bce)',
};

/** The loss of a name, class name or alias in any case; throws `LossChoiceError` for others. */
export function findLoss(name: string): LossDescription {
  return findEntry(name).description;
}

/** As `findLoss`, where a name may be none: null for others. */
export function knownLoss(name: string): LossDescription | null {
  return entryOf(name)?.description ?? null;
}

/**
 * A loss ready for training. `numLabels` is the head's number of logits, which
 * `headSizeFor(description)` says.
 */
export function createLoss(
  name: string,
  parameters: LossParameters = {},
  numLabels?: number,
): Loss {
  const entry = findEntry(name);
  return entry.create(parameters, numLabels ?? headSizeFor(entry.description));
}

/** The number of logits a head gets for a loss: what it needs, or `current` where that will do. */
export function headSizeFor(description: LossDescription, current = 0): number {
  const { numLabels } = description;
  return 'exactly' in numLabels ? numLabels.exactly : Math.max(numLabels.atLeast, current);
}

function entryOf(name: string): LossEntry | undefined {
  const wanted = name.trim().toLowerCase();
  return entries.find(({ description }) =>
    [description.name, description.alias].some((own) => own.toLowerCase() === wanted),
  );
}

function findEntry(name: string): LossEntry {
  const found = entryOf(name);
  if (found) return found;
  const known = entries.map(({ description }) => `${description.alias} (${description.name})`);
  const misnomer = misnomers[name.trim().toLowerCase()];
  throw new LossChoiceError(
    misnomer ? `${misnomer}.` : `there is no loss '${name}'; choose one of ${known.join(', ')}`,
  );
}
