/** The forms in which the log, judgments and mined records leave for other tools. */

/** What of the log an export is of: what is held of it, what was shown, or nothing, where it is of what was mined. */
type Source = 'judgments' | 'log' | 'records';

const formats = {
  qrels: { contentType: 'text/plain', of: 'judgments' },
  run: { contentType: 'text/plain', of: 'log' },
  csv: { contentType: 'text/csv', of: 'judgments' },
  queries: { contentType: 'application/x-ndjson', of: 'log' },
  corpus: { contentType: 'application/x-ndjson', of: 'log' },
  triples: { contentType: 'text/plain', of: 'records' },
  'sbert-pairs': { contentType: 'application/x-ndjson', of: 'records' },
  'sbert-tuples': { contentType: 'application/x-ndjson', of: 'records' },
  'sbert-scored-tuples': { contentType: 'application/x-ndjson', of: 'records' },
} as const satisfies Record<string, { readonly contentType: string; readonly of: Source }>;

export type ExportFormat = keyof typeof formats;

export const exportFormats = Object.keys(formats) as [ExportFormat, ...ExportFormat[]];

/** Every media type that an export may be of. */
export const exportTypes: readonly string[] = [
  ...new Set(Object.values(formats).map(({ contentType }) => contentType)),
];

export function contentTypeOf(format: ExportFormat): string {
  return `${formats[format].contentType}; charset=utf-8`;
}

const WINDOW = ['from', 'until'];
const optionsOfSource: Readonly<Record<Source, readonly string[]>> = {
  judgments: [...WINDOW, 'click_model', 'minimum_impressions', 'minimum_clicks'],
  log: WINDOW,
  records: [],
};

/** The options, as they are called over HTTP, that change what is exported in this format. */
export function optionsOfExport(format: ExportFormat): readonly string[] {
  return optionsOfSource[formats[format].of];
}
