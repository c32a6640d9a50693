/** Generates ids that sort by time, are safe in paths and cannot be guessed. */
import { randomBytes } from 'node:crypto';

/** Milliseconds in base 36, then 80 random bits: `mic0f3k2a-9f…`. */
export function newId(): string {
  const time = Date.now().toString(36).padStart(9, '0');
  return `${time}-${randomBytes(10).toString('hex')}`;
}
