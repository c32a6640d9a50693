/** Ids that this service makes: sortable by time, safe in paths, not to be guessed. */
import { randomBytes } from 'node:crypto';

/** Milliseconds in base 36, then 80 bits of chance: `mic0f3k2a-9f…`. */
export function newId(): string {
  const time = Date.now().toString(36).padStart(9, '0');
  return `${time}-${randomBytes(10).toString('hex')}`;
}
