/** The forms in which judgments and mined records leave for other tools. */
export const exportFormats = ['qrels', 'csv', 'triples', 'sbert-pairs', 'sbert-tuples'] as const;

export type ExportFormat = (typeof exportFormats)[number];
