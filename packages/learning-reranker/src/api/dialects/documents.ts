/** Documents as Cohere v1 and Jina take them: texts, or objects of which named fields are read. */
import { z } from 'zod';
import { ApiError } from '../errors.js';
import { LONGEST_TEXT, MOST_DOCUMENTS, textSchema } from './dialect.js';

type ObjectDocument = Readonly<Record<string, unknown>>;

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

/** What is read of each document. @throws {ApiError} naming the document that has no such field */
export function textsOf(
  documents: z.output<typeof documentsOfFieldsSchema>,
  rankFields: readonly string[] | null | undefined,
): string[] {
  const fields = rankFields ?? ['text'];
  return documents.map((document, index) => {
    if (typeof document === 'string') return document;
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
