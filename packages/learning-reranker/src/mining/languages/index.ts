/** The languages the miner reads, and which of them a file is written in. */
import { cSharp } from './c-sharp.js';
import { cpp } from './cpp.js';
import { go } from './go.js';
import { java } from './java.js';
import { javascript } from './javascript.js';
import type { LanguageRules } from './language.js';
import { php } from './php.js';
import { python } from './python.js';
import { ruby } from './ruby.js';
import { rust } from './rust.js';
import { tsx, typescript } from './typescript.js';

export type { LanguageRules } from './language.js';

/** Every language there are rules for. A new one is a file of its own and a word here. */
export const LANGUAGES: readonly LanguageRules[] = [
  typescript,
  tsx,
  javascript,
  python,
  go,
  java,
  rust,
  cSharp,
  cpp,
  ruby,
  php,
];

const byExtension = new Map(
  LANGUAGES.flatMap((language) =>
    language.extensions.map((extension) => [extension, language] as const),
  ),
);

/** The language of a file by the end of its name, or undefined where there are no rules for it. */
export function languageOfFile(path: string): LanguageRules | undefined {
  const dot = path.lastIndexOf('.');
  return dot < 0 ? undefined : byExtension.get(path.slice(dot).toLowerCase());
}
