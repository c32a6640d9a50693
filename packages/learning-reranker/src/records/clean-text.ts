/** Prepares texts for storage: well-formed Unicode without NUL, cut at a line end if possible. */

/** With the `u` flag a pair of surrogates is one code point, so only lone ones match. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * Removes NUL characters and replaces lone surrogates by U+FFFD, since databases refuse both and
 * UTF-8 cannot hold the latter. Every other character stays as it is.
 */
export function cleanText(text: string): string {
  const withoutNul = text.includes('\0') ? text.replaceAll('\0', '') : text;
  return withoutNul.replace(LONE_SURROGATE, '\ufffd');
}

/** {@link cleanText} on every string, keys included, of a parsed JSON value. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [cleanText(key), cleanJson(entry)]),
  );
}

/**
 * Cuts a text to at most `maximum` UTF-16 code units: at a line end if that keeps at least half of them, else between
 * two code points. Returns a shorter text unchanged.
 */
export function cutText(text: string, maximum: number): string {
  if (text.length <= maximum) return text;
  const lastLine = text.lastIndexOf('\n', maximum);
  if (lastLine >= maximum / 2) return text.slice(0, lastLine);
  const splitsPair = isLeadSurrogate(text.charCodeAt(maximum - 1));
  return text.slice(0, splitsPair ? maximum - 1 : maximum);
}

/** Queries are equal if this form is: Unicode NFKC, lower case, words only. */
export function normalizeQuery(query: string): string {
  return query
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function isLeadSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
