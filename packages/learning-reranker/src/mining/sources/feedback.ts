/** Mines what people clicked and rated: training records, and the documents they saw as a corpus. */
import type { Kysely } from 'kysely';
import type { Database } from '../../database/index.js';
import { readTexts } from '../../feedback/index.js';
import {
  type ClickModelName,
  type Judged,
  type JudgeOptions,
  type Judgment,
  judge,
  type LogStatistics,
  type ReadLogOptions,
  readLog,
} from '../../judgments/index.js';
import type { CorpusDocument, TrainingRecord } from '../../records/training-record.js';
import { type Teacher, withTeacherScores } from '../teacher-scores.js';
import { type JudgedDocument, pathOf, type RecordOptions, recordsOf } from './feedback-records.js';

export interface FeedbackMiningOptions extends ReadLogOptions, JudgeOptions, RecordOptions {
  /** Who scores the pairs for losses that learn from scores; pairs are asked for once. */
  readonly teacher?: Teacher | undefined;
  /** How much of what the teacher is asked for has come. */
  readonly onProgress?: (share: number) => void;
}

/** What was found, in counts that may be shown to anybody. */
export interface FeedbackMiningReport {
  readonly searches: number;
  readonly clicks: number;
  readonly queries: number;
  /** Clients who did so much more than others that they count for less. */
  readonly weighted_clients: number;
  readonly click_model: ClickModelName;
  readonly propensities: { readonly method: string; readonly by_rank: readonly number[] };
  readonly judgments: Readonly<Record<Judgment['label'], number>>;
  /** The same by clicks per impression, which takes no account of ranks. */
  readonly naive_judgments: Readonly<Record<Judgment['label'], number>>;
  /** Documents that clicks per impression would have judged otherwise. */
  readonly corrected: number;
  readonly conflicts: number;
  /** Judged documents whose text nobody sent. */
  readonly without_text: number;
  /** Pairs the teacher was asked for; the others were known. */
  readonly asked_of_teacher: number;
}

export interface MinedFeedback {
  readonly records: readonly TrainingRecord[];
  readonly corpus: readonly CorpusDocument[];
  /** None: queries are held out by their hash, as those of every source are. */
  readonly samples: readonly [];
  readonly report: FeedbackMiningReport;
}

/** What is held of the log, and the texts it is about. */
export interface JudgedLog {
  readonly log: LogStatistics;
  readonly judged: Judged;
  readonly naive: Judged;
  /** By hash. */
  readonly texts: ReadonlyMap<string, string>;
}

export async function mineFeedback(
  db: Kysely<Database>,
  options: FeedbackMiningOptions = {},
): Promise<MinedFeedback> {
  const judgedLog = await judgeLog(db, options);
  const plain = recordsOfLog(judgedLog, options);
  const { records, asked } = options.teacher
    ? await withTeacherScores(db, plain, options.teacher, options)
    : { records: plain, asked: 0 };
  return {
    records,
    corpus: corpusOf(judgedLog.log, judgedLog.texts),
    samples: [],
    report: { ...countsOf(judgedLog), asked_of_teacher: asked },
  };
}

/** Before a teacher scores them. */
export function recordsOfLog({ judged, texts }: JudgedLog, options: RecordOptions) {
  return recordsOf(judgedQueries(judged.judgments, texts), options);
}

export function countsOf({
  log,
  judged,
  naive,
}: JudgedLog): Omit<FeedbackMiningReport, 'asked_of_teacher'> {
  return {
    searches: log.searches,
    clicks: log.clicks,
    queries: log.queries.size,
    weighted_clients: log.weightedClients,
    click_model: judged.clickModel,
    propensities: {
      method: judged.propensities.method,
      by_rank: judged.propensities.byRank.slice(1, 11).map((value) => Number(value.toFixed(3))),
    },
    judgments: byLabel(judged.judgments),
    naive_judgments: byLabel(naive.judgments),
    corrected: differing(judged.judgments, naive.judgments),
    conflicts: judged.conflicts.length,
    without_text: judged.judgments.filter(({ statistics }) => statistics.text === null).length,
  };
}

/** The whole log, judged; documents without a text of their own get that of their id, if any search gave one. */
export async function judgeLog(
  db: Kysely<Database>,
  options: ReadLogOptions & JudgeOptions = {},
): Promise<JudgedLog> {
  const log = await readLog(db, options);
  const textOfId = new Map<string, string>();
  const every = function* () {
    for (const documents of log.queries.values()) yield* documents;
  };
  for (const [id, { text }] of every()) if (text !== null) textOfId.set(id, text);
  for (const [id, statistics] of every()) statistics.text ??= textOfId.get(id) ?? null;
  const hashes = new Set(log.queries.keys());
  for (const [, { text }] of every()) if (text !== null) hashes.add(text);
  return {
    log,
    judged: judge(log, options),
    naive: judge(log, { ...options, clickModel: 'naive' }),
    texts: await readTexts(db, [...hashes]),
  };
}

function judgedQueries(
  judgments: readonly Judgment[],
  texts: ReadonlyMap<string, string>,
): Map<string, JudgedDocument[]> {
  const byQuery = new Map<string, JudgedDocument[]>();
  for (const judgment of judgments) {
    const query = texts.get(judgment.query);
    const text = texts.get(judgment.statistics.text ?? '');
    if (query === undefined || text === undefined || text.trim() === '') continue;
    const own = byQuery.get(query) ?? [];
    if (own.length === 0) byQuery.set(query, own);
    own.push({ judgment, text });
  }
  return byQuery;
}

/** Every document that was shown, with the text it was last shown with. */
export function corpusOf(log: LogStatistics, texts: ReadonlyMap<string, string>): CorpusDocument[] {
  const corpus = new Map<string, CorpusDocument>();
  for (const documents of log.queries.values()) {
    for (const [id, { text: key }] of documents) {
      const text = texts.get(key ?? '');
      if (text === undefined || text.trim() === '') continue;
      corpus.set(id, { id, text, doc_path_rel: pathOf(id), repo_slug: '' });
    }
  }
  return [...corpus.values()];
}

function byLabel(judgments: readonly Judgment[]): Record<Judgment['label'], number> {
  const counts = { positive: 0, negative: 0, unsure: 0 };
  for (const { label } of judgments) counts[label]++;
  return counts;
}

/** Both judge the same documents in the same order: which ones does not depend on the click model. */
function differing(judgments: readonly Judgment[], naive: readonly Judgment[]): number {
  return judgments.filter(({ label }, at) => label !== naive[at]?.label).length;
}
