/** Functions without documentation: the words of the name ask, the body with the name masked answers. */
import type { MinedText } from '../mined-text.js';

const NAME =
  /^(?:export |default |async |public |private |static )*(?:def|function\*?|const|let|var) +([A-Za-z_]\w{7,50})\b/;

/** The question of a declaration, or undefined where its name says too little. */
export function maskedDeclaration(
  text: string,
  language: string,
  repo_slug: string,
): MinedText | undefined {
  const name = NAME.exec(text)?.[1];
  if (name === undefined || /^_*test/i.test(name)) return undefined;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_')
    .filter((word) => /^[a-z]{2,}$/.test(word));
  if (words.length < 2 || words.length > 7) return undefined;
  const masked = text.replace(new RegExp(`\\b${name}\\b`, 'g'), 'func');
  if (masked.length < 80) return undefined;
  return { query: words.join(' '), text: masked, kind: 'name', language, repo_slug };
}
