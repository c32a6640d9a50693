/**
 * Porter's second stemmer for English ("Snowball English"): gives all inflections of a word the same
 * stem. Written from its published definition, https://snowballstem.org/algorithms/english/stemmer.html
 */

/** Words for which the rules are wrong, with their stems. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['skis', 'ski'],
  ['skies', 'sky'],
  ['idly', 'idl'],
  ['gently', 'gentl'],
  ['ugly', 'ugli'],
  ['early', 'earli'],
  ['only', 'onli'],
  ['singly', 'singl'],
  ...['sky', 'news', 'howe', 'atlas', 'cosmos', 'bias', 'andes'].map(
    (word) => [word, word] as const,
  ),
]);

/** Words whose end only looks like -ing or -eed. */
const NO_PARTICIPLE = /^(?:inning|outing|canning|herring|earring|evening|proceed|exceed|succeed)$/;

const VOWEL = /[aeiouy]/;
const DOUBLE = /(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/;
const SHORT_SYLLABLE_END = /(?:(?:^|[^aeiouy])[aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy]|^past)$/;

/** Suffixes of the second step, longest first. They are replaced in the first region. */
const SECOND_STEP: readonly (readonly [string, string])[] = [
  ['ization', 'ize'],
  ['ational', 'ate'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['iveness', 'ive'],
  ['tional', 'tion'],
  ['biliti', 'ble'],
  ['lessli', 'less'],
  ['entli', 'ent'],
  ['ation', 'ate'],
  ['alism', 'al'],
  ['aliti', 'al'],
  ['fulli', 'ful'],
  ['ousli', 'ous'],
  ['iviti', 'ive'],
  ['ogist', 'og'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['abli', 'able'],
  ['izer', 'ize'],
  ['ator', 'ate'],
  ['alli', 'al'],
  ['bli', 'ble'],
  ['ogi', 'og'],
  ['li', ''],
];

const THIRD_STEP: readonly (readonly [string, string])[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['alize', 'al'],
  ['icate', 'ic'],
  ['iciti', 'ic'],
  ['ative', ''],
  ['ical', 'ic'],
  ['ness', ''],
  ['ful', ''],
];

const FOURTH_STEP =
  /(?:ement|ance|ence|able|ible|ment|ant|ent|ism|ate|iti|ous|ive|ize|ion|al|er|ic)$/;

/** The stem of one lower-case English word. Words with fewer than three letters do not change. */
export function stemEnglish(input: string): string {
  if (input.length < 3) return input;
  const exception = EXCEPTIONS.get(input);
  if (exception !== undefined) return exception;
  // A y that is a consonant is written Y while the rules run.
  let word = input.replace(/^'/, '').replace(/^y|(?<=[aeiouy])y/g, 'Y');
  const first = firstRegion(word);
  const second = regionAfter(word, first);

  word = word.replace(/'(?:s'?)?$/, '');
  word = plural(word);
  if (!NO_PARTICIPLE.test(word)) {
    word = participle(word, first);
    if (/.[^aeiouy][yY]$/.test(word)) word = `${word.slice(0, -1)}i`;
    word = secondStep(word, first);
    word = thirdStep(word, first, second);
    word = fourthStep(word, second);
    word = lastLetter(word, first, second);
  }
  return word.replaceAll('Y', 'y');
}

/** The start of the first region: after the first consonant that follows a vowel. */
function firstRegion(word: string): number {
  const known = /^(?:gener|commun|arsen|past|univers|later|emerg|organ|inter)/.exec(word);
  return known ? known[0].length : regionAfter(word, 0);
}

function regionAfter(word: string, start: number): number {
  for (let at = start + 1; at < word.length; at++) {
    if (!VOWEL.test(word.charAt(at)) && VOWEL.test(word.charAt(at - 1))) return at + 1;
  }
  return word.length;
}

function plural(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  if (/[^us]s$/.test(word) && VOWEL.test(word.slice(0, -2))) return word.slice(0, -1);
  return word;
}

function participle(word: string, first: number): string {
  const agreed = /eed(?:ly)?$/.exec(word);
  if (agreed) {
    // "proceed" and similar words are never participles.
    if (/^(?:proc|exc|succ)eed/.test(word)) return word;
    return agreed.index >= first ? word.slice(0, agreed.index + 2) : word;
  }
  const ending = /(?:ed|ing)(?:ly)?$/.exec(word);
  if (!ending) return word;
  const rest = word.slice(0, ending.index);
  if (ending[0] === 'ing' && /^[^aeiouy]y$/.test(rest)) return `${rest.charAt(0)}ie`; // dying, lying
  if (!VOWEL.test(rest)) return word;
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (DOUBLE.test(rest)) return /^[aeo]..$/.test(rest) ? rest : rest.slice(0, -1);
  return first >= rest.length && SHORT_SYLLABLE_END.test(rest) ? `${rest}e` : rest;
}

function secondStep(word: string, first: number): string {
  for (const [suffix, replacement] of SECOND_STEP) {
    if (!word.endsWith(suffix)) continue;
    const start = word.length - suffix.length;
    if (start < first) return word;
    const before = word.charAt(start - 1);
    if (suffix === 'ogi' && before !== 'l') return word;
    if (suffix === 'li' && !/[cdeghkmnrt]/.test(before)) return word;
    return word.slice(0, start) + replacement;
  }
  return word;
}

function thirdStep(word: string, first: number, second: number): string {
  for (const [suffix, replacement] of THIRD_STEP) {
    if (!word.endsWith(suffix)) continue;
    const start = word.length - suffix.length;
    return start < (suffix === 'ative' ? second : first)
      ? word
      : word.slice(0, start) + replacement;
  }
  return word;
}

function fourthStep(word: string, second: number): string {
  const ending = FOURTH_STEP.exec(word);
  if (!ending || ending.index < second) return word;
  if (ending[0] === 'ion' && !/[st]/.test(word.charAt(ending.index - 1))) return word;
  return word.slice(0, ending.index);
}

function lastLetter(word: string, first: number, second: number): string {
  const end = word.length - 1;
  if (word.endsWith('e')) {
    const dispensable =
      end >= second || (end >= first && !SHORT_SYLLABLE_END.test(word.slice(0, -1)));
    return dispensable ? word.slice(0, -1) : word;
  }
  return word.endsWith('ll') && end >= second ? word.slice(0, -1) : word;
}
