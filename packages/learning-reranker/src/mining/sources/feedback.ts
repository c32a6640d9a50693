/** Mines clicks and ratings: training records, and a corpus of the documents that were shown. */
import type { Kysely } from 'kysely';
import type { Database } from '../../database/schema.js';
import { readTexts } from '../../feedback/texts.js';
import {
  type Judged,
  type JudgedQuery,
  type JudgeOptions,
  type Judgment,
  judge,
} from '../../judgments/judge.js';
import { type ReadLogOptions, readLog } from '../../judgments/read-log.js';
import type { LogStatistics } from '../../judgments/statistics.js';
import type { CorpusDocument } from '../../records/training-record.js';
import { type Teacher, withTeacherScores } from '../teacher-scores.js';
import { type JudgedTexts, pathOf, type RecordOptions, recordsOf } from './feedback-records.js';

export interface FeedbackMiningOptions extends ReadLogOptions, JudgeOptions, RecordOptions {
  /** Scores the pairs, for losses that learn from scores. */
  readonly teacher?: Teacher | undefined;
  /** Receives the share of the pairs that the teacher has scored. */
  readonly onProgress?: (share: number) => void;
}

/** The log with its judgments and texts. */
export interface JudgedLog {
  readonly log: LogStatistics;
  readonly judged: Judged;
  readonly naive: Judged;
  /** By hash. */
  readonly texts: ReadonlyMap<string, string>;
}

export async function mineFeedback(db: Kysely<Database>, options: FeedbackMiningOptions = {}) {
  const judgedLog = await judgeLog(db, options);
  const corpus = corpusOf(judgedLog.log, judgedLog.texts);
  const plain = recordsOfLog(judgedLog, corpus, options);
  const { records, asked } = options.teacher
    ? await withTeacherScores(db, plain, options.teacher, options)
    : { records: plain, asked: 0 };
  return {
    records,
    corpus,
    // Building a dataset holds queries out by their hash.
    samples: [],
    report: {
      ...countsOf(judgedLog),
      /** Pairs that the teacher scored now. The other scores were known. */
      asked_of_teacher: asked,
    },
  };
}

export type FeedbackMiningReport = Awaited<ReturnType<typeof mineFeedback>>['report'];

/** The records before a teacher scores them. */
export function recordsOfLog(
  judgedLog: JudgedLog,
  corpus: readonly CorpusDocument[],
  options: RecordOptions,
) {
  return recordsOf(inWords(judgedLog), corpus, options);
}

/** Counts of a mining. They hold no texts, so anyone may see them. */
export function countsOf({ log, judged, naive }: JudgedLog) {
  const judgments = noLabels();
  const naiveJudgments = noLabels();
  let corrected = 0;
  let conflicts = 0;
  let withoutText = 0;
  // Both have the same documents in the same order, because these do not depend on the click model.
  const naiveQueries = naive.queries[Symbol.iterator]();
  for (const query of judged.queries) {
    const naively: JudgedQuery = naiveQueries.next().value;
    conflicts += query.conflicts.length;
    query.judgments.forEach(({ label, statistics }, at) => {
      const naiveLabel = naively.judgments[at]?.label ?? label;
      judgments[label]++;
      naiveJudgments[naiveLabel]++;
      if (label !== naiveLabel) corrected++;
      if (statistics.text === null) withoutText++;
    });
  }
  return {
    searches: log.searches,
    clicks: log.clicks,
    /** Clicks on documents that their search did not show. They are ignored. */
    clicks_not_shown: log.clicksNotShown,
    /** Clicks and ratings of searches that are not in the log. They are ignored. */
    feedback_without_search: log.feedbackWithoutSearch,
    queries: log.queries.size,
    /** Clients that did so much more than others that each click weighs less. */
    weighted_clients: log.weightedClients,
    click_model: judged.clickModel,
    propensities: {
      method: judged.propensities.method,
      by_rank: judged.propensities.byRank.slice(1, 11).map((value) => Number(value.toFixed(3))),
    },
    judgments,
    /** The judgments by clicks per impression, which ignores ranks. */
    naive_judgments: naiveJudgments,
    /** Documents with another judgment by clicks per impression. */
    corrected,
    conflicts,
    /** Judged documents without a text. */
    without_text: withoutText,
  };
}

/** Judges the whole log. A document without a text gets the text that another search sent for its id. */
export async function judgeLog(
  db: Kysely<Database>,
  options: ReadLogOptions & JudgeOptions = {},
): Promise<JudgedLog> {
  const log = await readLog(db, options);
  const every = function* () {
    for (const documents of log.queries.values()) yield* documents;
  };
  for (const [id, statistics] of every()) statistics.text ??= log.newestTexts.get(id) ?? null;
  const hashes = new Set(log.queries.keys());
  for (const [, { text }] of every()) if (text !== null) hashes.add(text);
  return {
    log,
    judged: judge(log, options),
    naive: judge(log, { ...options, clickModel: 'naive' }),
    texts: await readTexts(db, [...hashes]),
  };
}

/** Only documents with a text. */
function* inWords({ log, judged, texts }: JudgedLog): Generator<JudgedTexts> {
  for (const { query: key, judgments } of judged.queries) {
    const query = texts.get(key);
    if (query === undefined) continue;
    const documents = judgments.flatMap((judgment) => {
      const text = texts.get(judgment.statistics.text ?? '');
      return text === undefined || text.trim() === '' ? [] : [{ judgment, text }];
    });
    const shown = log.queries.get(key);
    yield { query, documents, wasShown: (id) => shown?.has(id) ?? false };
  }
}

/** Every document that was shown, with its newest text. */
export function corpusOf(log: LogStatistics, texts: ReadonlyMap<string, string>): CorpusDocument[] {
  const corpus: CorpusDocument[] = [];
  for (const [id, key] of log.newestTexts) {
    const text = texts.get(key);
    if (text === undefined || text.trim() === '') continue;
    corpus.push({ id, text, doc_path_rel: pathOf(id), repo_slug: '' });
  }
  return corpus;
}

function noLabels(): Record<Judgment['label'], number> {
  return { positive: 0, negative: 0, unsure: 0 };
}
