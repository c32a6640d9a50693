/** Extracts the first paragraph and sentence of a documentation comment as plain text. */

/**
 * The text of a comment or docstring without comment markers, line by line. Accepts block comments,
 * line comments of all mining languages, and Python's string literals.
 */
export function withoutMarkers(comment: string): string {
  const text = comment.trim().replaceAll('\r\n', '\n');
  if (text.startsWith('/*')) {
    return text
      .replace(/^\/\*+!?/, '')
      .replace(/\*+\/$/, '')
      .replace(/^[^\S\n]*\*(?!\*) ?/gm, '')
      .trim();
  }
  if (/^(?:\/\/|#)/.test(text)) {
    return text.replace(/^[^\S\n]*(?:\/\/[/!]?|#+) ?/gm, '').trim();
  }
  const literal = /^[a-zA-Z]*("""|'''|"|')([\s\S]*)\1$/.exec(text);
  return (literal?.[2] ?? text).trim();
}

/**
 * The first paragraph of prose before parameter lists, examples and code, as one line of plain text.
 * Links, HTML, Markdown, reST and XML markup are replaced by the text that a reader would see.
 * Empty if there is no prose.
 */
export function firstParagraph(text: string): string {
  const summary = /<summary>([\s\S]*?)<\/summary>/.exec(text)?.[1] ?? text;
  const prose = summary
    .replace(/^\s*[@\\](?:description|desc|summary|brief|short)\b\s*/gim, '')
    .replace(/```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|<pre\b[\s\S]*?(?:<\/pre>|$)/g, '\n\n')
    .replace(SECTION, '\n');
  const [before = ''] = prose.split(WHERE_TAGS_BEGIN, 1);
  for (const paragraph of before.split(/\n\s*\n|<\/?p\s*\/?>/i)) {
    const plain = withoutMarkup(paragraph.replace(/\n\s*(?:[-*+]|\d+[.)])\s[\s\S]*$/, ''));
    if (/\p{L}/u.test(plain)) return plain;
  }
  return '';
}

/**
 * The first sentence of a paragraph, or the first sentences with three words together. Cut at a word
 * after `maximum` characters, and without the full stop or colon at the end.
 */
export function firstSentence(paragraph: string, maximum = 300): string {
  let end = 0;
  for (const match of paragraph.matchAll(SENTENCE_END)) {
    end = match.index + 1;
    if (countWords(paragraph.slice(0, end)) >= 3) break;
    end = 0;
  }
  let sentence = end > 0 ? paragraph.slice(0, end) : paragraph;
  if (sentence.length > maximum) {
    const cut = sentence.lastIndexOf(' ', maximum);
    sentence = sentence.slice(0, cut > 0 ? cut : maximum);
  }
  return sentence.replace(/[\s.:;,]+$/, '');
}

/** The number of words with at least one letter. */
export function countWords(text: string): number {
  return text.match(/[^\s]*\p{L}[^\s]*/gu)?.length ?? 0;
}

/** A full stop before a capital letter, unless it ends an abbreviation. */
const SENTENCE_END =
  /(?<!\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|excl|no|fig|sec|eq|[A-Z]))[.!?](?=\s+["'(`[]?[\p{Lu}\p{N}]|\s*$)/gu;

/** Underlined or `#` headings of Markdown and reST. They are not part of a paragraph. */
const SECTION = /^[^\S\n]*(?:#{1,6} [^\n]*|[=~^*_-]{3,})$/gm;

/** Where prose ends: block tags, field lists, Google and NumPy sections, interpreter sessions. */
const WHERE_TAGS_BEGIN =
  /^[^\S\n]*(?:@[a-zA-Z]|\\(?:param|return|tparam|throws)|:[a-z]+(?: [^:\n]+)?:|>>>|\.\. |(?:Args|Arguments|Parameters|Params|Returns?|Yields?|Raises|Throws|Examples?|Usage|Notes?|Attributes|See also)(?::|[^\S\n]*\n)[^\S\n]*$|(?:Args|Arguments|Parameters|Returns?|Raises|Examples?|Usage):)/im;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['#39', "'"],
  ['#64', '@'],
  ['#47', '/'],
]);

function withoutMarkup(text: string): string {
  return (
    text
      // {@link Target label}, {@link Target | label}, {@code text}, {@value}
      .replace(/\{@\w+\s*([^\s}|]*)\s*\|?\s*([^}]*)\}/g, (_, target: string, label: string) =>
        (/\S/.test(label) ? label.trim() : target).replace(/^#/, ''),
      )
      // ![alt](url), [label](url), [label][reference], [`Item`]
      .replace(/!?\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])/g, '$1')
      .replace(/\[(`[^`]+`)\]/g, '$1')
      // <see cref="T:Name"/>, <paramref name="x"/>
      .replace(/<\w+\s+(?:cref|name|langword)="(?:[A-Z]:)?([^"]*)"\s*\/>/g, '$1')
      .replace(/<\/?(?:a|b|i|u|c|em|strong|code|tt|span|sub|sup|kbd|var|cite)\b[^<>]*>/gi, '')
      .replace(/<\/?[a-zA-Z][\w-]*(?:\s+[a-zA-Z-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*\/?>/g, ' ')
      // :class:`Name`, :func:`~module.name`, ``literal``
      .replace(/:[\w:]+:`~?([^`<]*?)(?:\s*<[^`]*>)?`/g, '$1')
      .replace(/`+([^`]*)`+_?/g, '$1')
      .replace(/(\*\*|__)(?=\S)([^\n]*?\S)\1/g, '$2')
      .replace(/(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])/g, '$1')
      .replace(/[\\@](?:c|p|a|e|b|ref)\s+(?=\w)/g, '')
      .replace(/&(#?\w+);/g, (entity, name: string) => ENTITIES.get(name) ?? entity)
      .replace(/\s+/g, ' ')
      .trim()
  );
}
