/** Imports the searches, clicks, judgments or rankings of another system. */
import {
  type ImportRequest,
  importFile as importInto,
  importRequest,
} from '../exchange/import-file.js';
import { FeedbackStore } from '../feedback/store.js';
import { defineOperation } from './operation.js';

export const importFile = defineOperation({
  schema: importRequest(),
  examples: {
    example: {
      summary: 'a file below AGRO_RERANKER_SOURCE_ROOTS',
      value: { format: 'log', path: 'queries.jsonl' },
    },
  },
  activity: 'importing',
  paths: ({ path, queries }: ImportRequest) => [
    { field: 'path', path },
    ...(queries === undefined ? [] : [{ field: 'queries', path: queries }]),
  ],
  needsDatabase: () => true,
  run: (request, { database, signal, progress }) =>
    importInto(new FeedbackStore(database()), request, {
      signal,
      onProgress: ({ searches, feedback }) =>
        progress({ message: `${searches} searches, ${feedback} clicks and ratings` }),
    }),
});
