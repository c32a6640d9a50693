/** Imports what another system logged, judged or ranked. */
import { importFile as importInto, importRequest } from '../exchange/import-file.js';
import { FeedbackStore } from '../feedback/index.js';
import { defineJob } from './operation.js';

export const importRequestSchema = importRequest();

export const importFile = defineJob(importRequestSchema, (request, { db, signal, progress }) =>
  importInto(new FeedbackStore(db), request, {
    signal,
    onProgress: ({ searches, feedback }) =>
      progress({ message: `${searches} searches, ${feedback} votes and clicks` }),
  }),
);
