/** Prose: a heading or an opening sentence asks, the paragraph or the code after it answers. */
import { countWords, firstParagraph, firstSentence, queryOfDocumentation, withoutMarkers } from 'learning-reranker/internals';
import { dedent, type MinedText, type TextFile } from '../mined-text.js';

const DULL_HEADING =
  /^(?:table of )?contents?$|licen[cs]e|changelog|contribut|install|badge|sponsor|support|credits?|authors?|community|v?\d+\.\d+/i;

/** The sections of a Markdown or reST text: paragraphs and code blocks under their headings. */
export function* sections(file: TextFile, title: string): Generator<MinedText> {
  let heading = '';
  for (const block of blocks(file.text)) {
    if (block.kind === 'heading') {
      heading = DULL_HEADING.test(block.text) ? '' : firstParagraph(block.text);
      continue;
    }
    if (heading === '') continue;
    const query = countWords(heading) >= 3 ? heading : `${title} ${heading}`;
    if (countWords(query) < 2 || query.length > 120) continue;
    const text = block.kind === 'code' ? block.text : firstParagraph(block.text);
    if (text.length < (block.kind === 'code' ? 20 : 80)) continue;
    yield {
      query,
      text,
      kind: 'prose',
      language: languageOf(block.kind, file),
      repo_slug: file.repo_slug,
    };
  }
}

/** What a docstring explains beyond its first sentence, asked for by that sentence. */
export function* explanations(file: TextFile): Generator<MinedText> {
  if (file.language !== 'python') return;
  for (const [docstring] of file.text.matchAll(/"""(?:(?!""")[\s\S]){150,4000}"""/g)) {
    const [summary = '', ...rest] = withoutMarkers(docstring).split(/\n\s*\n/);
    const query = queryOfDocumentation(summary, '');
    if (!('query' in query)) continue;
    const paragraph = rest.find((text) => isProse(text));
    if (paragraph === undefined) continue;
    const { repo_slug } = file;
    const text = firstParagraph(paragraph);
    if (text.length < 100) continue;
    yield { query: query.query, text, kind: 'prose', language: 'english', repo_slug };
    const opening = firstSentence(text);
    const remainder = text.slice(opening.length).replace(/^[.:;\s]+/, '');
    if (remainder.length > 160 && countWords(opening) >= 5) {
      yield { query: opening, text: remainder, kind: 'prose', language: 'english', repo_slug };
    }
  }
}

function isProse(text: string): boolean {
  return (
    text.length > 120 &&
    !/>>>|^\s*[-=~]{3,}\s*$|^\s*:\w+|^\s*\.\. |^\s*\w+ : |^\s*[-*] /m.test(text) &&
    (text.match(/[^\p{L}\p{N}\s.,'"()-]/gu)?.length ?? 0) / text.length < 0.06
  );
}

interface Block {
  readonly kind: 'heading' | 'paragraph' | 'code';
  readonly text: string;
}

function* blocks(text: string): Generator<Block> {
  const parts = text.replaceAll('\r\n', '\n').split(/(```[^\n]*\n[\s\S]*?\n```)/);
  for (const part of parts) {
    if (part.startsWith('```')) {
      const lines = part.split('\n').slice(1, -1).slice(0, 14);
      yield { kind: 'code', text: dedent(lines) };
      continue;
    }
    for (const paragraph of part.split(/\n\s*\n/)) {
      const heading = /^#{1,6} +(.+?)#*$/m.exec(paragraph)?.[1];
      const underlined = /^([^\n]{3,80})\n[=\-~^"]{3,}\s*$/.exec(paragraph.trim())?.[1];
      if (heading !== undefined || underlined !== undefined) {
        yield { kind: 'heading', text: heading ?? underlined ?? '' };
      } else if (isProse(paragraph)) yield { kind: 'paragraph', text: paragraph };
    }
  }
}

function languageOf(kind: Block['kind'], file: TextFile): string {
  return kind === 'code' ? file.language : 'english';
}
