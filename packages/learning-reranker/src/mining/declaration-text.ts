/** The text of a declaration as a document: without documentation, without its indentation, cut to a maximum. */
import { cutText } from '../records/clean-text.js';
import { firstIndex } from './first-index.js';
import type { Declaration, SourceRange } from './syntax.js';

/**
 * The document of a declaration of `source`. `removed` are the sorted ranges to leave out, so that no
 * document holds the sentence that is its own query or the query of a neighbor. A member follows the
 * first line of its container.
 */
export function declarationText(
  source: string,
  declaration: Declaration,
  removed: readonly SourceRange[],
  container: Declaration | undefined,
  maximum: number,
): string {
  const indent = indentAt(source, declaration.start);
  const text = setBack(withoutRanges(source, declaration, removed), indent);
  if (!declaration.isMember || !container) return cutText(text, maximum);
  const line = firstLine(withoutRanges(source, container, removed));
  return cutText(`${line}\n  ${text.replaceAll('\n', '\n  ')}`, maximum);
}

/** The innermost declaration around each member, by position in a list sorted by start. */
export function containersOf(declarations: readonly Declaration[]): (Declaration | undefined)[] {
  const open: Declaration[] = [];
  return declarations.map((declaration) => {
    while (open.length > 0 && (open.at(-1)?.end ?? 0) <= declaration.start) open.pop();
    const container = open.at(-1);
    if (!declaration.isMember) open.push(declaration);
    return container;
  });
}

function withoutRanges(
  source: string,
  within: SourceRange,
  removed: readonly SourceRange[],
): string {
  let text = '';
  let at = within.start;
  let index = firstIndex(removed.length, (place) => (removed[place]?.end ?? 0) > within.start);
  for (; index < removed.length; index++) {
    const range = removed[index];
    if (!range || range.start >= within.end) break;
    if (range.start < at) continue;
    text += source.slice(at, range.start).replace(/[^\S\n]+$/, '');
    at = range.end;
    // Keeps the line break before the comment and removes the one after it.
    if (text === '' || text.endsWith('\n'))
      at += /^[^\S\n]*\n?/.exec(source.slice(at, at + 200))?.[0].length ?? 0;
  }
  return (text + source.slice(at, within.end)).trimEnd();
}

function indentAt(source: string, position: number): string {
  const line = source.slice(source.lastIndexOf('\n', position - 1) + 1, position);
  return /^[^\S\n]*/.exec(line)?.[0] ?? '';
}

function setBack(text: string, indent: string): string {
  return indent === '' ? text : text.replaceAll(`\n${indent}`, '\n');
}

/** The text up to the bracket that opens the body, if that is on the first line. */
function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  const brace = line.indexOf('{');
  return cutText(brace >= 0 ? line.slice(0, brace + 1) : line.trimEnd(), 200);
}
