/** Cuts whole files into documents: code by its declarations, Markdown by its headings, other text by its lines. */
import type { CorpusDocument } from '../records/training-record.js';
import { languageOfFile } from './languages/index.js';
import { documentIds, readSource } from './read-source.js';
import type { SourceFile } from './source-files.js';
import { findDeclarations, type SourceRange } from './syntax.js';

/** The longest chunk in UTF-16 code units, by default. */
const MAXIMUM_LENGTH = 2000;

/** Whether a file is prose or data that users search beside code. */
export function isTextFile(path: string): boolean {
  return /\.(?:md|mdx|markdown|rst|txt|adoc|org|json|ya?ml|toml|sql|sh|bash|css|scss|html|vue|svelte|proto|graphql|kt|swift|scala|lua|ex|exs|erl|hs|ml|r|jl|pl|dart|zig)$|(?:^|\/)(?:Makefile|Dockerfile|README|CHANGELOG)$/i.test(
    path,
  );
}

/**
 * The chunks of a file in order. Together they hold all of its text that is not blank, with the
 * documentation. Null if the file cannot be read.
 */
export async function chunkFile(
  file: SourceFile,
  maximum = MAXIMUM_LENGTH,
): Promise<CorpusDocument[] | null> {
  const source = await readSource(file.path);
  if (source === null) return null;
  const ranges = (await cut(source, file.path, maximum)).filter(({ start, end }) =>
    /[\p{L}\p{N}]/u.test(source.slice(start, end)),
  );
  const { doc_path_rel, repo_slug } = file;
  const idOf = documentIds(file, source);
  const ids = new Set<string>();
  return ranges.map((range) => {
    const { start, end } = withoutBlankEnds(source, range);
    let id = idOf({ start, end });
    // A line that is longer than a chunk gives several chunks with the same line numbers.
    if (ids.has(id)) id += `+${start}`;
    ids.add(id);
    return { id, text: source.slice(start, end), doc_path_rel, repo_slug };
  });
}

async function cut(source: string, path: string, maximum: number): Promise<SourceRange[]> {
  const whole = { start: 0, end: source.length };
  const language = languageOfFile(path);
  if (language) {
    const declarations = (await findDeclarations(source, language))
      .map(({ start, end, documentation }) => ({
        start: lineStart(source, Math.min(start, documentation?.start ?? start)),
        end,
      }))
      .sort((a, b) => a.start - b.start || b.end - a.end);
    return cutAt(source, whole, outermost(declarations, whole), declarations, maximum);
  }
  return /\.(?:md|mdx|markdown)$/i.test(path)
    ? cutByHeadings(source, maximum)
    : cutByLines(source, whole, maximum);
}

/** A declaration that fits is a chunk. A longer one is split, and text between declarations is cut by lines. */
function cutAt(
  source: string,
  within: SourceRange,
  parts: readonly SourceRange[],
  all: readonly SourceRange[],
  maximum: number,
): SourceRange[] {
  const chunks: SourceRange[] = [];
  let at = within.start;
  for (const part of parts) {
    if (part.start > at)
      chunks.push(...cutByLines(source, { start: at, end: part.start }, maximum));
    if (part.end - part.start <= maximum) chunks.push(part);
    else chunks.push(...cutAt(source, part, outermost(all, part), all, maximum));
    at = part.end;
  }
  if (at < within.end) chunks.push(...cutByLines(source, { start: at, end: within.end }, maximum));
  return joinSmall(chunks, maximum);
}

/** The largest declarations that are strictly inside a range and do not overlap. */
function outermost(all: readonly SourceRange[], within: SourceRange): SourceRange[] {
  const parts: SourceRange[] = [];
  let at = within.start;
  for (const range of all) {
    const isInside = range.start >= at && range.end <= within.end;
    if (!isInside || range.end - range.start >= within.end - within.start) continue;
    parts.push(range);
    at = range.end;
  }
  return parts;
}

/** Joins short neighbors, so that a list of constants does not give one chunk per line. */
function joinSmall(chunks: readonly SourceRange[], maximum: number): SourceRange[] {
  const short = maximum / 8;
  const joined: SourceRange[] = [];
  for (const chunk of chunks) {
    const last = joined.at(-1);
    const bothShort = last && last.end - last.start < short && chunk.end - chunk.start < short;
    if (bothShort) joined[joined.length - 1] = { start: last.start, end: chunk.end };
    else joined.push(chunk);
  }
  return joined;
}

/** Each heading of a Markdown text starts a chunk. A long section is cut by lines. */
function cutByHeadings(source: string, maximum: number): SourceRange[] {
  const sections: SourceRange[] = [];
  let start = 0;
  let isInFence = false;
  for (const { 0: line, index } of source.matchAll(/^(?:#{1,6} |```|~~~)/gm)) {
    if (!line.startsWith('#')) isInFence = !isInFence;
    else if (!isInFence && index > start) {
      sections.push({ start, end: index });
      start = index;
    }
  }
  sections.push({ start, end: source.length });
  return sections.flatMap((section) => cutByLines(source, section, maximum));
}

/** Cuts at the first blank line after half the maximum, or at the maximum. */
function cutByLines(source: string, within: SourceRange, maximum: number): SourceRange[] {
  const chunks: SourceRange[] = [];
  let start = within.start;
  for (let line = within.start; line < within.end; ) {
    const newline = source.indexOf('\n', line);
    const next = newline < 0 || newline >= within.end ? within.end : newline + 1;
    const isBlank = source.slice(line, next).trim() === '';
    const isFull = next - start > maximum || (isBlank && line - start > maximum / 2);
    if (isFull && line > start) {
      chunks.push({ start, end: line });
      start = line;
    }
    while (next - start > maximum) {
      const end = wholeCodePoint(source, start + maximum);
      chunks.push({ start, end });
      start = end;
    }
    line = next;
  }
  if (start < within.end) chunks.push({ start, end: within.end });
  return chunks;
}

function wholeCodePoint(source: string, position: number): number {
  const code = source.charCodeAt(position);
  return code >= 0xdc00 && code <= 0xdfff ? position - 1 : position;
}

function withoutBlankEnds(source: string, { start, end }: SourceRange): SourceRange {
  const text = source.slice(start, end);
  const blankLines = /^(?:[^\S\n]*\n)*/.exec(text)?.[0].length ?? 0;
  return { start: start + blankLines, end: start + text.trimEnd().length };
}

function lineStart(source: string, position: number): number {
  const start = source.lastIndexOf('\n', position - 1) + 1;
  return source.slice(start, position).trim() === '' ? start : position;
}
