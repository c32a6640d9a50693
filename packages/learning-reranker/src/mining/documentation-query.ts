/** Makes the query of a training pair from a documentation comment, or gives the reason why it cannot. */
import { codeTokens } from './code-tokens.js';
import { countWords, firstParagraph, firstSentence, withoutMarkers } from './comment-text.js';

/** Why a documentation comment gives no query. */
export type DropReason =
  | 'licence or file header'
  | 'generated code'
  | 'to-do note'
  | 'directive of a tool'
  | 'no prose'
  | 'refers elsewhere'
  | 'fewer than three words'
  | 'only the name of the declaration'
  | 'commented-out code'
  | 'not English'
  | 'repeated on many declarations';

/** Either a query or the reason why there is none. */
export type QueryOrDrop = { readonly query: string } | { readonly drop: DropReason };

/** The beginning of a comment that is long enough for its first sentence. */
const LONGEST_COMMENT = 5000;

const HEADER =
  /\bcopyright\b|\bSPDX-|\ball rights reserved\b|\blicen[cs]ed (?:under|to)\b|\bpermission is hereby granted\b|\(c\)\s*\d{4}|^\s*[@\\](?:licen[cs]e|preserve|file|fileoverview|overview|module|packageDocumentation)\b/im;
const GENERATED = /\b(?:auto-?)?generated (?:by|from|code|file)\b|\bdo not (?:edit|modify)\b/i;
const TO_DO = /^\W*(?:TODO|FIXME|XXX|HACK|TBD|WIP)\b/;
const DIRECTIVE =
  /^\W*(?:eslint|jshint|jslint|tslint|biome-|prettier-|istanbul|c8 |v8 |ts-(?:ignore|expect|nocheck)|noqa|pylint|mypy|type:|flake8|nolint|go:|NOSONAR|clang-format|rubocop|#?(?:end)?region\b|webpack|vite-|sourceMappingURL|@(?:internal|hidden|private|ignore)\s*$)/i;
const REFERENCE =
  /^\W*(?:see\b|cf\b|same as\b|(?:an? )?alias (?:for|of|to)\b|(?:an? )?(?:overload|override)s?\b.{0,40}$|inherit(?:s|ed)?(?:doc)?\b|deprecated\b|refer to\b|documented (?:in|at)\b|like \S+ but\b)/i;

/**
 * The query in a documentation comment of the declaration `name`: its first sentence, as plain text.
 * A sentence that starts with the name, as in Go, loses the name, because a user who searches does
 * not know it.
 */
export function queryOfDocumentation(comment: string, name: string): QueryOrDrop {
  const text = withoutMarkers(comment.slice(0, LONGEST_COMMENT));
  if (HEADER.test(text)) return { drop: 'licence or file header' };
  if (GENERATED.test(text)) return { drop: 'generated code' };
  if (TO_DO.test(text)) return { drop: 'to-do note' };
  if (DIRECTIVE.test(text)) return { drop: 'directive of a tool' };
  if (/^\{?@inheritdoc\b/i.test(text)) return { drop: 'refers elsewhere' };

  const query = withoutLeadingName(firstSentence(firstParagraph(text)), name);
  if (query === '') return { drop: 'no prose' };
  if (REFERENCE.test(query)) return { drop: 'refers elsewhere' };
  if (looksForeign(query)) return { drop: 'not English' };
  if (countWords(query) < 3) return { drop: 'fewer than three words' };
  if (looksLikeCode(query)) return { drop: 'commented-out code' };
  if (saysOnlyTheName(query, name)) return { drop: 'only the name of the declaration' };
  return { query };
}

function withoutLeadingName(sentence: string, name: string): string {
  const opening = sentence.startsWith(name)
    ? /^(?:\(\))?\s+(?:(?:is|are)\s+)?([\s\S]+)$/.exec(sentence.slice(name.length))
    : REFERENCE_STYLE.exec(sentence);
  const rest = opening?.[1];
  return rest !== undefined && countWords(rest) >= 3 ? rest : sentence;
}

/** "The redirect read-only property of the Request interface contains the mode ...", as MDN writes. */
const REFERENCE_STYLE =
  /^The (?:\S+ )(?:(?:static|read-only|instance|global) )*(?:property|method|interface|event|dictionary|function|constructor)(?: (?:of|in|from) (?:the )?(?:\S+ ){1,4}?(?:interface|API|object|class|specification))? (?:is |are )?([\s\S]+)$/;

function saysOnlyTheName(query: string, name: string): boolean {
  const ofName = new Set(codeTokens(name));
  return codeTokens(query).every((token) => ofName.has(token));
}

/** Prose is mostly letters and spaces. Code is not. */
function looksLikeCode(query: string): boolean {
  const signs = query.match(/[^\p{L}\p{N}\s.,'"-]/gu)?.length ?? 0;
  return signs / query.length > 0.15 || /[;{}]\s*$/.test(query);
}

const FOREIGN_WORDS =
  /\b(?:der|die|das|und|ist|nicht|eine[nrms]?|wird|für|el|los|las|una|que|para|devuelve|les|une|des|est|pour|dans|renvoie|il|della|che|per|não|uma|são)\b/giu;
const ENGLISH_WORDS =
  /\b(?:the|a|an|of|to|and|is|are|in|for|this|that|if|with|by|from|on|or|be|as|it|at|when|whether|not|returns?|gets?|sets?)\b/gi;

/** Whether most letters are not ASCII, or most small words are of another language. */
function looksForeign(query: string): boolean {
  const letters = query.match(/\p{L}/gu)?.length ?? 0;
  const latin = query.match(/[a-z]/gi)?.length ?? 0;
  if (letters > 0 && (letters - latin) / letters > 0.2) return true;
  const foreign = query.match(FOREIGN_WORDS)?.length ?? 0;
  return foreign >= 2 && foreign > (query.match(ENGLISH_WORDS)?.length ?? 0);
}
