/** Examples in documentation: the sentence that introduces an example asks, the example answers. */
import { countWords, firstParagraph, firstSentence, queryOfDocumentation, withoutMarkers } from 'learning-reranker/internals';
import { dedent, type MinedText, type TextFile } from '../mined-text.js';

/** Examples of both kinds: interpreter sessions of Python, `@example` blocks of JSDoc. */
export function* documentedExamples(file: TextFile): Generator<MinedText> {
  if (file.language === 'python') yield* interpreterSessions(file);
  else yield* exampleTags(file);
}

/** `>>>` lines without their prompts and outputs, asked for by the paragraph above them. */
function* interpreterSessions(file: TextFile): Generator<MinedText> {
  const lines = file.text.split('\n');
  for (let at = 1; at < lines.length; at++) {
    if (!isPrompt(lines[at])) continue;
    const start = at;
    const code: string[] = [];
    while (at < lines.length && (lines[at] ?? '').trim() !== '') {
      const prompted = /^\s*(?:>>>|\.\.\.) ?(.*)$/.exec(lines[at] ?? '');
      if (prompted) code.push(prompted[1] ?? '');
      at++;
    }
    const query = introduction(paragraphAbove(lines, start));
    const statements = code.filter((line) => !/^(?:import|from) /.test(line));
    const text = dedent(statements.length > 0 ? code.slice(0, 8) : []);
    if (query === undefined || text.length < 10) continue;
    yield pair(query, text, file);
  }
}

function isPrompt(line: string | undefined): boolean {
  return /^\s*>>> \S/.test(line ?? '');
}

function paragraphAbove(lines: readonly string[], start: number): string {
  let end = start - 1;
  while (end >= 0 && (lines[end] ?? '').trim() === '') end--;
  let first = end;
  while (first > 0 && (lines[first - 1] ?? '').trim() !== '' && end - first < 4) first--;
  return lines.slice(first, end + 1).join('\n');
}

/** The last sentence before an example, where that is prose. */
function introduction(paragraph: string): string | undefined {
  if (/>>>|^\s*[-=~]{3,}|"""|:param|@|^\s*\w+\s*:\s*\w/m.test(paragraph)) return undefined;
  const plain = firstParagraph(paragraph).replace(/[:.]+$/, '');
  const sentence = plain.split(/(?<=[.!?])\s+/).at(-1) ?? '';
  if (sentence.length > 160 || !/^[A-Z"'`]/.test(sentence)) return undefined;
  const query = queryOfDocumentation(sentence, '');
  return 'query' in query && countWords(query.query) >= 4 ? query.query : undefined;
}

/** `@example` of a JSDoc comment, asked for by the comment's first sentence. */
function* exampleTags(file: TextFile): Generator<MinedText> {
  for (const [comment] of file.text.matchAll(/\/\*\*(?:(?!\*\/)[\s\S]){20,4000}\*\//g)) {
    const text = withoutMarkers(comment);
    const example = /@example\b([\s\S]*?)(?=\n\s*@[a-z]|$)/.exec(text)?.[1];
    if (!example) continue;
    const query = queryOfDocumentation(firstSentence(firstParagraph(text)), '');
    if (!('query' in query)) continue;
    const code = example
      .replace(/<\/?caption>|```\w*/g, '')
      .split('\n')
      .filter((line) => !/^\s*(?:import|var \w+ = require)\b/.test(line));
    const answer = dedent(code.filter((line) => line.trim() !== '').slice(0, 12));
    if (answer.length < 15 || !/[=(]/.test(answer)) continue;
    yield pair(query.query, answer, file);
  }
}

function pair(query: string, text: string, { language, repo_slug }: TextFile): MinedText {
  return { query, text, kind: 'example', language, repo_slug };
}
