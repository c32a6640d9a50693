/** Formats in which judgments and training data come and go. */
export { type BeirSet, fitsBeir, readBeir, writeBeir } from './beir.js';
export { type BeirText, readBeirTexts, readQueries, writeBeirTexts } from './beir-texts.js';
export {
  contentTypeOf,
  type ExportFormat,
  exportFormats,
  exportTypes,
  optionsOfExport,
} from './export-formats.js';
export { FormatError } from './format-error.js';
export type { JudgedPair, RankedDocument } from './judged-pair.js';
export { type JudgmentRow, readJudgmentCsv, writeJudgmentCsv } from './judgment-csv.js';
export type { ReadOptions, ReadRow, TextPortions } from './lines.js';
export { readTriples, writeTriples } from './ms-marco.js';
export { readSbert, type SbertShape, writeSbert } from './sbert.js';
export { textOfFile } from './text-file.js';
export { readQrels, readRun, writeQrels, writeRun } from './trec.js';
