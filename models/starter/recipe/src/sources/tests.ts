/** Tests: the name of a test asks, its body answers. */
import { dedent, type MinedText, type TextFile } from '../mined-text.js';

const PYTHON_TEST = /^(\s*)(?:async )?def test_?(\w{8,70})\([^\n]*\):\s*$/;
const MOST_LINES = 14;

/** Python's `def test_...` whose names have at least three words. */
export function* namedTests(file: TextFile): Generator<MinedText> {
  if (file.language !== 'python') return;
  const lines = file.text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const match = PYTHON_TEST.exec(lines[at] ?? '');
    if (!match) continue;
    const [, indent = '', name = ''] = match;
    const words = name
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .split('_')
      .filter(Boolean);
    if (words.length < 3 || words.some((word) => /^\d+$/.test(word))) continue;
    const body: string[] = [];
    for (let next = at + 1; next < lines.length && body.length < MOST_LINES; next++) {
      const line = lines[next] ?? '';
      if (line.trim() === '') continue;
      if (!line.startsWith(`${indent} `)) break;
      if (!/^\s*(?:#|"""|''')/.test(line)) body.push(line);
    }
    const text = dedent(body);
    if (body.length === 0 || text.length < 30) continue;
    const { language, repo_slug } = file;
    yield { query: words.join(' '), text, kind: 'test', language, repo_slug };
  }
}
