/** Searches as an application sends them, for tests. */
import { type SearchInput, searchSchema } from '../../src/feedback/schema.js';

export function search(input: Partial<SearchInput> = {}) {
  return searchSchema.parse({
    query: 'parse a date',
    documents: [
      { id: 'dates.ts', text: 'function parseDate(text) {}' },
      { id: 'sockets.ts', text: 'function closeSocket(socket) {}' },
      { id: 'names.ts', text: 'function sortNames(names) {}' },
    ],
    ...input,
  });
}
