/** Import of what another system logged, as a job. */
import { z } from 'zod';
import { FeedbackStore, importLog } from '../../feedback/index.js';
import { defineJob } from './job.js';

export const importRequestSchema = z
  .strictObject({
    format: z.enum(['log', 'ubi']).describe('JSON Lines of the older product, or of UBI 1.3'),
    path: z.string().min(1),
  })
  .meta({ id: 'ImportRequest' });

export const importFile = defineJob(
  importRequestSchema,
  async (request, { db, signal, progress }) =>
    importLog(new FeedbackStore(db), request.path, {
      format: request.format,
      signal,
      onProgress: ({ searches, feedback }) =>
        progress({ message: `${searches} searches, ${feedback} votes and clicks` }),
    }),
);
