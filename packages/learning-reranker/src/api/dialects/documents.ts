/** Documents as Cohere v1 and Jina take them: texts, or objects of which named fields are read. */
import { z } from 'zod';
import { ApiError } from '../errors.js';
import { LONGEST_TEXT, MOST_DOCUMENTS, textSchema } from './dialect.js';

type ObjectDocument = Readonly<Record<string, unknown>>;

/** Levels of a document, itself the first: it is echoed as it came, and what writes JSON calls itself at each level. */
const MOST_LEVELS = 100;

export const documentsOfFieldsSchema = z
  .array(z.union([textSchema, z.record(z.string(), z.unknown())]))
  .min(1)
  .max(MOST_DOCUMENTS);
export const rankFieldsSchema = z
  .array(z.string().min(1).max(200))
  .min(1)
  .max(100)
  .nullish()
  .describe('fields of the documents that are read, in this order; text when absent');

/** What is read of each document. @throws {ApiError} naming the document that has no such field or too many levels */
export function textsOf(
  documents: z.output<typeof documentsOfFieldsSchema>,
  rankFields: readonly string[] | null | undefined,
): string[] {
  const fields = rankFields ?? ['text'];
  return documents.map((document, index) => {
    if (typeof document === 'string') return document;
    refuseDeep(document, index);
    const text = fields.flatMap((field) => readable(document, field) ?? []);
    if (text.length > 0) return boundedText(text.join('\n'), index);
    const field = `documents.${index}.${fields[0]}`;
    throw new ApiError('invalid_request', `${field}: expected a text under ${fields.join(', ')}`, {
      field,
    });
  });
}

/** A document as it is echoed: all that was given, with the text that was read where it has none. */
export function echoOf(
  document: string | ObjectDocument | undefined,
  text: string,
): { text: string; [field: string]: unknown } {
  if (typeof document !== 'object') return { text };
  return { ...document, text: typeof document.text === 'string' ? document.text : text };
}

/** Level by level, for a walk that calls itself would fail at the depth that it looks for. */
function refuseDeep(document: ObjectDocument, index: number): void {
  let level: readonly object[] = [document];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) {
      const field = `documents.${index}`;
      const message = `${field}: a document is nested at most ${MOST_LEVELS} levels deep`;
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
  throw new ApiError('invalid_request', `${field}: a text has at most ${LONGEST_TEXT} characters`, {
    field,
  });
}
