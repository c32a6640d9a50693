/** User Behavior Insights 1.3: JSON Lines of queries and events, as OpenSearch stores them. */
import { streamJsonLines } from '../records/json-lines.js';
import type { FeedbackFormat } from './format.js';

export const ubi: FeedbackFormat = {
  name: 'ubi',
  description: 'JSON Lines of User Behavior Insights 1.3: queries and events',
  carries: 'feedback',
  async *read(path, { onMalformed }) {
    // Loaded late, because schemas would slow the start of every command.
    const { ubiRowsSchema: schema } = await import('./ubi-rows.js');
    for await (const { value } of streamJsonLines(path, { schema, onMalformed })) yield value;
  },
};
