/** A text on one line, cut to a width. */
export function oneLine(text: string, width = 100): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, width);
}
