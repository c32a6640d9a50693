/** Rewrites documentation as people ask: questions, web queries, task descriptions, key words. */
import type { SeededRandom } from '@learning-reranker/cross-encoder';

/** Verbs that open documentation, third person to base form where adding or taking an s will not do. */
const IRREGULAR: Readonly<Record<string, string>> = {
  does: 'do',
  has: 'have',
  is: 'be',
  goes: 'go',
  applies: 'apply',
  copies: 'copy',
  tries: 'try',
  specifies: 'specify',
  verifies: 'verify',
  modifies: 'modify',
  identifies: 'identify',
  simplifies: 'simplify',
  queries: 'query',
  parses: 'parse',
  processes: 'process',
  matches: 'match',
  fetches: 'fetch',
  searches: 'search',
  pushes: 'push',
  flushes: 'flush',
  hashes: 'hash',
  compresses: 'compress',
  passes: 'pass',
  addresses: 'address',
  accesses: 'access',
  attaches: 'attach',
  dispatches: 'dispatch',
  finishes: 'finish',
  fixes: 'fix',
  stretches: 'stretch',
  switches: 'switch',
};
const THIRD_PERSON = /^[a-z]{2,}[^s]s$/;
const NO_VERB =
  /^(?:this|its|is|was|has|class|always|whose|these|his|various|as|us|plus|thus|numbers)$/;

const STOP_WORDS = new Set(
  'a an the of to in for and or is are be that this which with from by on as at it its if given into whether using when'.split(
    ' ',
  ),
);

/** The sentence with its opening verb in the base form; `undefined` where it opens with no verb. */
export function imperative(sentence: string): string | undefined {
  const [first = '', ...rest] = sentence.trim().split(/\s+/);
  const word = first.toLowerCase();
  if (!/^[a-z]+$/.test(word) || rest.length === 0 || NO_VERB.test(word)) return undefined;
  const known = IRREGULAR[word];
  if (known !== undefined) return [known, ...rest].join(' ');
  if (THIRD_PERSON.test(word)) return [word.slice(0, -1), ...rest].join(' ');
  return BASE_VERBS.has(word) ? [word, ...rest].join(' ') : undefined;
}

const BASE_VERBS = new Set(
  (
    'add apply append build calculate call cast change check clean clear close collect combine compare compile compute ' +
    'concatenate configure connect construct convert copy count create decode decorate define delete determine disable ' +
    'display download draw drop emit enable encode ensure escape evaluate execute expand export extract fetch fill filter ' +
    'find fit flatten format generate get give group handle import increment initialize insert iterate join list load ' +
    'log look make map mark match merge move normalize open parse perform pick plot pop prepare print process produce ' +
    'push put query raise read register remove render replace resolve retrieve return reverse round run save scale ' +
    'search select send serialize set shift show simplify sort split start stop store strip sum swap test transform ' +
    'translate trim truncate try turn unpack update upload use validate verify wait wrap write yield'
  ).split(' '),
);

/** Random, but the same for the same generator: how this pair's query is put. */
export function asAsked(sentence: string, language: string, random: SeededRandom): string {
  const plain = sentence.replace(/[`*]/g, '').replace(/[.\s]+$/, '');
  const kind = random.nextFloat();
  if (kind < 0.34) return plain;
  const task = imperative(plain);
  const asked = task?.replace(/^(?:return|yield|give) /i, () =>
    pick(['get ', 'get ', 'return ', 'find '], random),
  );
  const named = language === 'typescript' ? pick(['typescript', 'javascript'], random) : language;
  const isCode = language !== 'english';
  if (asked !== undefined && kind < 0.6) {
    const lowered = lowerFirst(asked);
    const question = pick(
      [
        `how to ${lowered}`,
        `how do I ${lowered}?`,
        `How to ${lowered}?`,
        lowered,
        `best way to ${lowered}`,
      ],
      random,
    );
    if (!isCode || random.nextFloat() < 0.5) return question;
    const place = pick([` in ${named}`, ` ${named}`, ` with ${named}`], random);
    return question.endsWith('?') ? question.replace(/\?$/, `${place}?`) : question + place;
  }
  if (asked !== undefined && isCode && kind < 0.73) {
    const which = pick(['a function', 'a python function', 'code'], random);
    const what = which === 'a python function' ? `a ${named} function` : which;
    return `Write ${what} to ${lowerFirst(asked)}.`;
  }
  if (kind < 0.88) {
    const words = plain
      .toLowerCase()
      .split(/[^\p{L}\p{N}_.]+/u)
      .filter((word) => word !== '' && !STOP_WORDS.has(word))
      .map((word) => word.replace(/\.+$/, ''));
    const keyWords = words.slice(0, 3 + random.nextInt(5)).join(' ');
    if (words.length >= 2)
      return isCode && random.nextFloat() < 0.5 ? `${named} ${keyWords}` : keyWords;
  }
  return lowerFirst(plain);
}

function pick<T>(values: readonly T[], random: SeededRandom): T {
  return values[random.nextInt(values.length)] as T;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
