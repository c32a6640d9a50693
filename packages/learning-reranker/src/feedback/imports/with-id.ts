/** Ids of rows that came without: made of what they say. */
import { createHash } from 'node:crypto';
import type { FeedbackInput } from '../schema.js';

/** Rows without an id of their own get one of their content: the same file twice counts once. */
export function withId(row: FeedbackInput): FeedbackInput {
  const hash = createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 32);
  return { feedback_id: `import-${hash}`, ...row };
}
