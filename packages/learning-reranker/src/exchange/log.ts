/** The older product's log: JSON Lines of searches and feedback. */
import { streamJsonLines } from '../records/json-lines.js';
import type { FeedbackFormat } from './format.js';

export const log: FeedbackFormat = {
  name: 'log',
  description: "JSON Lines of the older product: rows of 'type': query | feedback",
  carries: 'feedback',
  async *read(path, { onMalformed }) {
    // Loaded late, because schemas would slow the start of every command.
    const { logRowsSchema: schema } = await import('./log-rows.js');
    for await (const { value } of streamJsonLines(path, { schema, onMalformed })) yield value;
  },
};
