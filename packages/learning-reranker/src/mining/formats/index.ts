/** Formats in which judgments and training data come and go. */
export { type BeirSet, type BeirText, readBeir, writeBeir } from './beir.js';
export { FormatError } from './format-error.js';
export type { JudgedPair, RankedDocument } from './judged-pair.js';
export { type JudgmentRow, readJudgmentCsv, writeJudgmentCsv } from './judgment-csv.js';
export { readTriples, writeTriples } from './ms-marco.js';
export { readSbert, type SbertShape, writeSbert } from './sbert.js';
export { readQrels, readRun, writeQrels, writeRun } from './trec.js';
