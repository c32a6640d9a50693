/** Texts for comparisons: documentation and declarations that every checkout has, and odd ones. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

export interface TextPair {
  readonly query: string;
  readonly document: string;
}

const odd: readonly TextPair[] = [
  { query: '', document: '' },
  { query: ' ', document: '\n\t' },
  { query: 'empty document', document: '' },
  { query: '', document: 'empty query' },
  { query: 'Çà et là, naïve Ünïcödé', document: 'e\u0301 and \u00e9; ﬁ ligature; ½; Å' },
  { query: '日期解析', document: '字符串を日付に変換する関数 — 한국어도' },
  { query: '👩‍💻 emoji 🇫🇷', document: 'zero\u200bwidth, soft\u00adhyphen, right-to-left שלום' },
  { query: '[CLS] [SEP] [MASK]', document: '[PAD] [UNK] ##ing' },
  { query: 'parseDateFromISO8601String', document: 'x'.repeat(300) },
  { query: 'word '.repeat(400), document: 'short' },
  { query: 'short', document: 'word '.repeat(2000) },
  { query: 'long '.repeat(300), document: 'longer '.repeat(300) },
  { query: 'control \u0000\u0001\u001f\u007f characters', document: 'a\r\nb\u2028c\u0085d' },
];

/** So many pairs, always the same: odd texts, then comments of the DOM's type definitions and code. */
export async function textPairs(count: number): Promise<TextPair[]> {
  const require = createRequire(import.meta.url);
  const source = await readFile(require.resolve('typescript/lib/lib.dom.d.ts'), 'utf8');
  const pairs: TextPair[] = [...odd];
  for (const [, comment = '', code = ''] of source.matchAll(
    /\/\*\*([\s\S]*?)\*\/\n(?=((?:.*\n){1,40}))/g,
  )) {
    if (pairs.length >= count) break;
    const query = comment.replace(/^\s*\* ?/gm, '').trim();
    // From one line to forty, so that batches mix short and truncated documents.
    const lines = 1 + ((pairs.length * 7) % 40);
    pairs.push({ query, document: code.split('\n').slice(0, lines).join('\n') });
  }
  if (pairs.length < count) throw new Error(`expected ${count} texts, found ${pairs.length}`);
  return pairs.slice(0, count);
}
