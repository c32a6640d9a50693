/** Turns what people clicked and rated into training records and a corpus. */

import { SeededRandom } from '@learning-reranker/cross-encoder';
import type { Kysely } from 'kysely';
import type { Database } from '../../database/index.js';
import { readTexts } from '../../feedback/index.js';
import {
  type ClickModelName,
  type Judgment,
  judge,
  type LogStatistics,
  readLog,
} from '../../judgments/index.js';
import {
  type CorpusDocument,
  isAbsolutePath,
  type RecordDocument,
  type TrainingRecord,
} from '../../records/training-record.js';
import { splitDocumentId } from '../document-paths.js';

export interface FeedbackMiningOptions {
  readonly clickModel?: ClickModelName | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly minimumImpressions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
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
  readonly judgments: Readonly<Record<'positive' | 'negative' | 'unsure', number>>;
  /** Positives and negatives that clicks per impression would have judged the other way. */
  readonly corrected: number;
  readonly conflicts: number;
  /** Judged documents whose text nobody sent. */
  readonly without_text: number;
}

export interface MinedFeedback {
  readonly records: readonly TrainingRecord[];
  readonly corpus: readonly CorpusDocument[];
  readonly samples: readonly [];
  readonly report: FeedbackMiningReport;
}

/** Negatives of one positive at most. */
const MOST_NEGATIVES = 5;
/** Random documents where nobody passed anything over, so that every loss has what to tell apart. */
const RANDOM_NEGATIVES = 2;

export async function mineFeedback(
  db: Kysely<Database>,
  options: FeedbackMiningOptions = {},
): Promise<MinedFeedback> {
  const log = await readLog(db, options);
  const { judgments, propensities, clickModel, conflicts } = judge(log, options);
  const naive = judge(log, { ...options, clickModel: 'naive' });
  const texts = await readTexts(db, [
    ...new Set([...log.queries].flatMap(([query, documents]) => [query, ...textsOf(documents)])),
  ]);
  const records = recordsOf(judgments, texts);
  const label = (wanted: Judgment['label']) =>
    judgments.filter((judgment) => judgment.label === wanted).length;
  return {
    records,
    corpus: corpusOf(log, texts),
    samples: [],
    report: {
      searches: log.searches,
      clicks: log.clicks,
      queries: log.queries.size,
      weighted_clients: log.weightedClients,
      click_model: clickModel,
      propensities: {
        method: propensities.method,
        by_rank: propensities.byRank.slice(1, 11).map((value) => Number(value.toFixed(3))),
      },
      judgments: {
        positive: label('positive'),
        negative: label('negative'),
        unsure: label('unsure'),
      },
      corrected: differing(judgments, naive.judgments),
      conflicts: conflicts.length,
      without_text: judgments.filter(({ statistics }) => statistics.text === null).length,
    },
  };
}

/** One record for each positive; of the negatives those that were seen most come first. */
export function recordsOf(
  judgments: readonly Judgment[],
  texts: ReadonlyMap<string, string>,
): TrainingRecord[] {
  const byQuery = new Map<string, Judgment[]>();
  for (const judgment of judgments) {
    const own = byQuery.get(judgment.query) ?? [];
    if (own.length === 0) byQuery.set(judgment.query, own);
    own.push(judgment);
  }
  const everything = judgments.filter(({ statistics }) => statistics.text !== null);
  const random = new SeededRandom(7);
  const records: TrainingRecord[] = [];
  for (const [queryKey, own] of byQuery) {
    const query = texts.get(queryKey);
    if (query === undefined) continue;
    const positives = own.filter(({ label }) => label === 'positive');
    const positiveTexts = new Set(positives.map(({ statistics }) => statistics.text));
    const negatives = own
      .filter(
        ({ label, statistics }) => label === 'negative' && !positiveTexts.has(statistics.text),
      )
      .sort((a, b) => seen(b) - seen(a));
    for (const positive of positives) {
      const document = documentOf(positive, texts, positive.reason);
      if (!document) continue;
      const passedOver = negatives
        .flatMap((one) => documentOf(one, texts, one.reason) ?? [])
        .slice(0, MOST_NEGATIVES);
      const others = passedOver.length > 0 ? [] : randomOthers(everything, own, random);
      records.push({
        schema_version: 2,
        query,
        positive: document,
        negatives: [
          ...passedOver,
          ...others.flatMap(
            (one) => documentOf(one, texts, 'drawn at random from other searches') ?? [],
          ),
        ],
        source: 'feedback',
        source_event_id: positive.statistics.eventId,
      });
    }
  }
  return records;
}

function seen({ impressions, statistics }: Judgment): number {
  return statistics.skipped * 2 + impressions;
}

/** Documents that were never shown for this query. */
function randomOthers(
  everything: readonly Judgment[],
  own: readonly Judgment[],
  random: SeededRandom,
): Judgment[] {
  const shown = new Set(own.map(({ statistics }) => statistics.text));
  const drawn = new Map<string | null, Judgment>();
  for (let draw = 0; draw < 10 * RANDOM_NEGATIVES && everything.length > 0; draw++) {
    const one = everything[random.nextInt(everything.length)] as Judgment;
    if (!shown.has(one.statistics.text)) drawn.set(one.statistics.text, one);
    if (drawn.size === RANDOM_NEGATIVES) break;
  }
  return [...drawn.values()];
}

function documentOf(
  { documentId, statistics }: Judgment,
  texts: ReadonlyMap<string, string>,
  reason: string,
): RecordDocument | null {
  const text = statistics.text === null ? undefined : texts.get(statistics.text);
  if (text === undefined || text.trim() === '') return null;
  return { text, doc_path_rel: pathOf(documentId), repo_slug: '', reason };
}

/** An application's id may be an absolute path, which names a machine: its file's name is kept. */
function pathOf(documentId: string): string {
  const { path } = splitDocumentId(documentId);
  return isAbsolutePath(path) ? path.slice(path.lastIndexOf('/') + 1) : path;
}

/** Every document that was shown, with the text it was last shown with. */
function corpusOf(log: LogStatistics, texts: ReadonlyMap<string, string>): CorpusDocument[] {
  const corpus = new Map<string, CorpusDocument>();
  for (const documents of log.queries.values()) {
    for (const [id, { text: key }] of documents) {
      const text = key === null ? undefined : texts.get(key);
      if (text === undefined || text.trim() === '') continue;
      corpus.set(id, { id, text, doc_path_rel: pathOf(id), repo_slug: '' });
    }
  }
  return [...corpus.values()];
}

function textsOf(documents: ReadonlyMap<string, { readonly text: string | null }>): string[] {
  return [...documents.values()].flatMap(({ text }) => text ?? []);
}

function differing(judgments: readonly Judgment[], naive: readonly Judgment[]): number {
  const key = ({ query, documentId }: Judgment) => `${query}\n${documentId}`;
  const labels = new Map(naive.map((judgment) => [key(judgment), judgment.label]));
  return judgments.filter((judgment) => labels.get(key(judgment)) !== judgment.label).length;
}
