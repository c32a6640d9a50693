/** The demo as a job: the whole loop on the source code of installed packages. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { z } from 'zod';
import type { Settings } from '../config/index.js';
import { installedPackages } from '../mining/installed-packages.js';
import { minedFiles } from '../mining/store.js';
import { cycle } from './cycle.js';
import { defineJob } from './operation.js';

export const demoRequestSchema = z
  .strictObject({ loss: z.string().max(100).optional() })
  .meta({ id: 'DemoRequest' });

/** The data folder holds what somebody mined of their own. */
export class DemoError extends TypedError {
  override readonly name = 'DemoError';
  readonly kind = 'conflict';
}

/** Updates and queries that take some minutes on two cores. */
const MAX_STEPS = 250;
const QUERIES = 120;

export const demo = defineJob(demoRequestSchema, async ({ loss }, context) => {
  const folders = installedPackages();
  await markAsDemo(context.settings);
  return cycle.run(
    {
      mine: { source: 'code', folders, mode: 'replace' },
      train: { max_steps: MAX_STEPS, ...(loss !== undefined && { loss }) },
      limit: QUERIES,
    },
    context,
  );
});

/** The demo replaces code that it mined itself, and no other. */
async function markAsDemo({ dataDir, tripletsPath }: Settings): Promise<void> {
  const mark = join(dataDir, 'demo-mined');
  const { corpora } = minedFiles(dataDir, tripletsPath);
  if (existsSync(corpora.code) && !existsSync(mark)) {
    throw new DemoError(
      `code was mined already into ${dataDir}, and the demo would replace it. Learn from it with: reranker cycle <folders>, or start a service with another --data-dir for the demo`,
    );
  }
  await writeFileAtomically(mark, 'The mined code here is that of the demo.\n');
}
