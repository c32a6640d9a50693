/** Comments inside functions: a comment asks, the statements below it answer. */
import { queryOfDocumentation } from 'learning-reranker/internals';
import { dedent, type MinedText, type TextFile } from '../mined-text.js';

const COMMENT = /^(\s+)(?:#|\/\/) ?([A-Z][^\n]{14,110})$/;
const ANY_COMMENT = /^\s*(?:#|\/\/|\/\*|\*)/;
const MOST_STATEMENT_LINES = 8;

/** One-line comments that stand alone, with the block of code up to the next gap. */
export function* commentedStatements(file: TextFile): Generator<MinedText> {
  const lines = file.text.split('\n');
  for (let at = 1; at < lines.length - 1; at++) {
    const match = COMMENT.exec(lines[at] ?? '');
    if (!match || ANY_COMMENT.test(lines[at - 1] ?? '') || ANY_COMMENT.test(lines[at + 1] ?? '')) {
      continue;
    }
    const [, indent = '', comment = ''] = match;
    if (comment.split(/\s+/).length < 4) continue;
    const query = queryOfDocumentation(`# ${comment}`, '');
    if (!('query' in query)) continue;
    const block = blockBelow(lines, at + 1, indent);
    if (block.length === 0) continue;
    const text = dedent(block);
    if (text.length < 15 || !/[=(]/.test(text)) continue;
    const { language, repo_slug } = file;
    yield { query: query.query, text, kind: 'comment', language, repo_slug };
  }
}

function blockBelow(lines: readonly string[], start: number, indent: string): string[] {
  const block: string[] = [];
  for (let at = start; at < lines.length && block.length < MOST_STATEMENT_LINES; at++) {
    const line = lines[at] ?? '';
    if (line.trim() === '' || !line.startsWith(indent) || ANY_COMMENT.test(line)) break;
    block.push(line);
  }
  return block;
}
