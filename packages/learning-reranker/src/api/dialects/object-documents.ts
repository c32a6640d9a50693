/** Documents as Cohere v1 and Jina accept them: texts, or objects with the fields to read. */
import { z } from 'zod';
import { ApiError } from '../errors.js';
import { LONGEST_TEXT, MOST_DOCUMENTS, textSchema } from './fields.js';

type ObjectDocument = Readonly<Record<string, unknown>>;

/** A document may be returned unchanged, and `JSON.stringify` uses one stack frame for each level. */
const MOST_LEVELS = 100;

export const documentsSchema = z
  .array(z.union([textSchema, z.record(z.string(), z.unknown())]))
  .min(1)
  .max(MOST_DOCUMENTS);
export const rankFieldsSchema = z
  .array(z.string().min(1).max(200))
  .min(1)
  .max(100)
  .nullish()
  .describe('The fields that the model reads, in this order. The default is `text`.');

/**
 * The text of each document.
 * @throws {ApiError} naming a document without any of the fields, too long or with too many levels
 */
export function textsOf(
  documents: z.output<typeof documentsSchema>,
  rankFields: readonly string[] | null | undefined,
): string[] {
  const fields = rankFields ?? ['text'];
  return documents.map((document, index) => {
    if (typeof document === 'string') return document;
    refuseDeep(document, index);
    const text = fields.flatMap((field) => readable(document, field) ?? []);
    if (text.length > 0) return boundedText(text.join('\n'), index);
    const field = `documents.${index}.${fields[0]}`;
    throw new ApiError('invalid_request', `${field}: expected text in ${fields.join(' or ')}`, {
      field,
    });
  });
}

/** A document in the response: unchanged, with the text that the model read if it has none. */
export function echoOf(
  document: string | ObjectDocument | undefined,
  text: string,
): { text: string; [field: string]: unknown } {
  if (typeof document !== 'object') return { text };
  return { ...document, text: typeof document.text === 'string' ? document.text : text };
}

/** Level by level, because a recursive walk would overflow the stack. */
function refuseDeep(document: ObjectDocument, index: number): void {
  let level: readonly object[] = [document];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) {
      const field = `documents.${index}`;
      const message = `${field}: expected at most ${MOST_LEVELS} levels of nesting`;
      throw new ApiError('invalid_request', message, { field });
    }
    level = level.flatMap((one) => Object.values(one).filter(isNested));
  }
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function readable(document: ObjectDocument, field: string): string | undefined {
  const value = Object.hasOwn(document, field) ? document[field] : undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function boundedText(text: string, index: number): string {
  if (text.length <= LONGEST_TEXT) return text;
  const field = `documents.${index}`;
  throw new ApiError('invalid_request', `${field}: expected at most ${LONGEST_TEXT} characters`, {
    field,
  });
}
