/** The lines of a text in any portions, so that no file need fit in memory. */

/** A text, or its portions as a stream reads them. */
export type TextPortions = string | Iterable<string> | AsyncIterable<string>;

export interface NumberedLine {
  readonly line: number;
  readonly text: string;
}

/** Lines ended by LF or CRLF, without a byte order mark; empty ones are passed over but counted. */
export async function* linesOf(portions: TextPortions): AsyncGenerator<NumberedLine> {
  let line = 0;
  let rest = '';
  const numbered = (text: string): NumberedLine => {
    line++;
    const withoutMark = line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
    return { line, text: withoutMark.endsWith('\r') ? withoutMark.slice(0, -1) : withoutMark };
  };
  for await (const portion of typeof portions === 'string' ? [portions] : portions) {
    const lines = (rest + portion).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const one = numbered(text);
      if (one.text.trim() !== '') yield one;
    }
  }
  const last = numbered(rest);
  if (last.text.trim() !== '') yield last;
}
