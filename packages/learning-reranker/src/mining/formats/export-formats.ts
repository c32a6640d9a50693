/** The forms in which the log, judgments and mined records leave for other tools. */
const contentTypes = {
  qrels: 'text/plain',
  run: 'text/plain',
  csv: 'text/csv',
  queries: 'application/x-ndjson',
  corpus: 'application/x-ndjson',
  triples: 'text/plain',
  'sbert-pairs': 'application/x-ndjson',
  'sbert-tuples': 'application/x-ndjson',
  'sbert-scored-tuples': 'application/x-ndjson',
} as const;

export type ExportFormat = keyof typeof contentTypes;

export const exportFormats = Object.keys(contentTypes) as [ExportFormat, ...ExportFormat[]];

/** Every media type that an export may be of. */
export const exportTypes: readonly string[] = [...new Set(Object.values(contentTypes))];

export function contentTypeOf(format: ExportFormat): string {
  return `${contentTypes[format]}; charset=utf-8`;
}
