/** Reports malformed lines: the first ones, and the number of the others. */
import type { MalformedLine } from '../records/json-lines.js';
import type { CommandContext } from './command.js';

const SHOWN = 3;

export function noteMalformed(
  { note }: Pick<CommandContext, 'note'>,
  malformed: readonly MalformedLine[],
  count = malformed.length,
): void {
  for (const { line, problem } of malformed.slice(0, SHOWN)) note(`line ${line}: ${problem}`);
  if (count > SHOWN) note(`… and ${count - SHOWN} more malformed lines`);
}
