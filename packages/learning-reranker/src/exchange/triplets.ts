/** Triplets of the older product, version 1, and training records of version 2, in JSON Lines. */
import type { RecordFormat } from './format.js';

export const triplets: RecordFormat = {
  name: 'triplets',
  description: 'JSON Lines of version 1 or 2',
  carries: 'records',
  async *read(path, { onMalformed }) {
    // Loaded late, because schemas would slow the start of every command.
    const { importTriplets } = await import('./triplet-rows.js');
    const { records, malformed } = await importTriplets(path);
    for (const line of malformed) onMalformed?.(line);
    for (const [at, value] of records.entries()) yield { line: at + 1, value };
  },
};
