/** The demo as a job: the whole loop on the source code of installed packages. */
import { z } from 'zod';
import { installedPackages } from '../../mining/installed-packages.js';
import { cycle } from './cycle.js';
import { defineJob } from './job.js';

export const demoRequestSchema = z
  .strictObject({ loss: z.string().max(100).optional() })
  .meta({ id: 'DemoRequest' });

/** Updates and queries that take some minutes on two cores. */
const MAX_STEPS = 250;
const QUERIES = 120;

export const demo = defineJob(demoRequestSchema, ({ loss }, context) =>
  cycle.run(
    {
      mine: { source: 'code', folders: installedPackages(), mode: 'replace' },
      train: { max_steps: MAX_STEPS, ...(loss !== undefined && { loss }) },
      limit: QUERIES,
    },
    context,
  ),
);
