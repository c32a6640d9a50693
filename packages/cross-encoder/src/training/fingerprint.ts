/** Tells one training run from another, so that none goes on from the checkpoint of another. */
import { createHash } from 'node:crypto';
import type { CrossEncoderTrainingArguments } from './arguments.js';
import type { CrossEncoderTrainerOptions } from './trainer.js';

/** What must be equal for a checkpoint to be continued: data, loss and the arguments that shape the path. */
export function fingerprint(
  { loss, trainDataset }: CrossEncoderTrainerOptions,
  given: CrossEncoderTrainingArguments,
  firstEpoch: readonly (readonly number[])[],
): string {
  const { outputDir: _, threads: __, loggingSteps: ___, ...shaping } = given;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([loss.description.name, loss.parameters, shaping, firstEpoch]));
  for (const row of trainDataset) hash.update(JSON.stringify(row));
  return hash.digest('hex');
}
