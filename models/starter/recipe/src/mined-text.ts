/** What every source of the starter's training data gives: something asked, and the text that answers it. */

/** Kinds of pairs, after where they come from. */
export type PairKind = 'documentation' | 'comment' | 'example' | 'test' | 'name' | 'prose';

export interface MinedText {
  readonly query: string;
  readonly text: string;
  readonly kind: PairKind;
  /** Name of a programming language, or `english`. */
  readonly language: string;
  readonly repo_slug: string;
}

/** A file's text with what is known about it. */
export interface TextFile {
  readonly text: string;
  readonly language: string;
  readonly repo_slug: string;
}

/** Sets lines back by the indentation they share. */
export function dedent(lines: readonly string[]): string {
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => /^\s*/.exec(line)?.[0].length ?? 0);
  const shared = Math.min(...indents);
  return lines
    .map((line) => line.slice(shared).trimEnd())
    .join('\n')
    .trim();
}
