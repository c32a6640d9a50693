/** Tells of lines that could not be read: the first of them, and how many there are. */
import type { MalformedLine } from '../records/json-lines.js';
import type { CommandContext } from './command.js';

const TOLD = 3;

export function noteMalformed(
  { note }: Pick<CommandContext, 'note'>,
  malformed: readonly MalformedLine[],
  count = malformed.length,
): void {
  for (const { line, problem } of malformed.slice(0, TOLD)) note(`line ${line}: ${problem}`);
  if (count > TOLD) note(`… and ${count - TOLD} more malformed lines`);
}
