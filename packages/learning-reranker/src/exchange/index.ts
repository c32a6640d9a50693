/** The registry of exchange formats. */
import { beir } from './beir.js';
import type {
  ExchangeFormat,
  ExportForm,
  FeedbackFormat,
  JudgmentFormat,
  RankingFormat,
  RecordFormat,
} from './format.js';
import { judgmentCsv } from './judgment-csv.js';
import { log } from './log.js';
import { msMarco } from './ms-marco.js';
import { sbert } from './sbert.js';
import { qrels, run } from './trec.js';
import { ubi } from './ubi.js';

/** A new format is one file and one line here. */
const formats: ExchangeFormat[] = [log, ubi, judgmentCsv, qrels, run, beir, msMarco, sbert];

/** Adds a format. Call it before the operations load, which build their request schemas once. */
export function registerFormat(format: ExchangeFormat): void {
  formats.push(format);
}

export type ImportFormat = FeedbackFormat | JudgmentFormat | RankingFormat;

/** The formats that `reranker import` reads into the feedback log. */
export function importFormats(): readonly ImportFormat[] {
  return formats.filter(
    (format): format is ImportFormat => !['records', 'collection'].includes(format.carries),
  );
}

/** The formats of training records that `reranker mine` reads. */
export function recordFormats(): readonly RecordFormat[] {
  return formats.filter((format): format is RecordFormat => format.carries === 'records');
}

/** The files that `reranker judgments export` and `/api/judgments/export` write. */
export function exportForms(): readonly ExportForm[] {
  return formats.flatMap((format) => format.exports ?? []);
}

/** The query options of the API that change what `form` holds. */
export function optionsOfExport({ of }: ExportForm): readonly string[] {
  if (of === 'records') return [];
  const window = ['from', 'until'];
  return of === 'log'
    ? window
    : [...window, 'click_model', 'minimum_impressions', 'minimum_clicks'];
}
