/** The registry of programming languages that can be mined. */
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

/** A new language is one file and one line here. */
const known: LanguageRules[] = [
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

export function registerLanguage(language: LanguageRules): void {
  known.push(language);
}

/** The languages whose declarations can be mined. */
export function languages(): readonly LanguageRules[] {
  return known;
}

/** The language of a file by its extension. Undefined for other files. */
export function languageOfFile(path: string): LanguageRules | undefined {
  const dot = path.lastIndexOf('.');
  if (dot < 0) return undefined;
  const extension = path.slice(dot).toLowerCase();
  return known.find(({ extensions }) => extensions.includes(extension));
}
