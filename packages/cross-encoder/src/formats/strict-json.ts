/**
 * Parses JSON from untrusted files: refuses deep nesting and duplicate keys, which `JSON.parse`
 * accepts.
 */
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';

/** Raised for text that is not acceptable JSON; the message says where and why. */
export class StrictJsonError extends CodedError<'not-json' | 'too-deep' | 'duplicate-key'> {
  override readonly name = 'StrictJsonError';
  readonly kind = 'malformed';
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Parses JSON whose arrays and objects nest at most `maximumDepth` deep and whose objects name
 * each key once.
 * @throws {StrictJsonError} naming the depth, the key, or the place where the text breaks off.
 */
export function parseStrictJson(text: string, maximumDepth = 64): unknown {
  const openObjects: (Set<string> | undefined)[] = []; // undefined for an open array
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (isFollowedByColon(text, end)) {
          noteKey(openObjects.at(-1), text.slice(at, end));
        }
        at = end - 1;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        openObjects.push(text[at] === '{' ? new Set() : undefined);
        if (openObjects.length > maximumDepth) {
          throw new StrictJsonError('too-deep', `nests more than ${maximumDepth} levels deep`);
        }
        break;
      case 0x7d: // }
      case 0x5d: // ]
        openObjects.pop();
        break;
    }
  }
  return parse(text);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  throw new StrictJsonError('not-json', `a string that starts at character ${start} never ends`);
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}

function noteKey(keys: Set<string> | undefined, literal: string): void {
  const key = String(parse(literal));
  if (keys?.has(key)) {
    throw new StrictJsonError('duplicate-key', `names the key ${JSON.stringify(key)} twice`);
  }
  keys?.add(key);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's own message quotes the text, which may be private.
    throw new StrictJsonError('not-json', 'is not valid JSON');
  }
}
