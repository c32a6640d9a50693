/** Training records of judgments: a positive each, with what people passed over for it. */
import { SeededRandom } from '@learning-reranker/cross-encoder';
import type { Judgment } from '../../judgments/index.js';
import {
  isAbsolutePath,
  type RecordDocument,
  type TrainingRecord,
} from '../../records/training-record.js';
import { splitDocumentId } from '../document-paths.js';
import { discriminativeKeywords, labelByKeywords } from '../keywords.js';

/** A judgment with the texts it is about. */
export interface JudgedDocument {
  readonly judgment: Judgment;
  readonly text: string;
}

/** What is held of one query's documents, in words. */
export interface JudgedTexts {
  readonly query: string;
  readonly documents: readonly JudgedDocument[];
  /** Whether a document was shown, judged or not, by its id. */
  readonly wasShown: (id: string) => boolean;
}

/** A document that may be drawn where nobody passed anything over. */
export interface ShownText {
  readonly id: string;
  readonly text: string;
}

export interface RecordOptions {
  /**
   * Whether results nobody judged are labelled by the terms that separate liked from disliked ones of
   * their query; for BinaryCrossEntropyLoss. Off by default.
   */
  readonly keywords?: boolean | undefined;
}

/** Negatives of one positive at most. */
const MOST_NEGATIVES = 5;
/** Random documents where nobody passed anything over, so that every loss has what to tell apart. */
const RANDOM_NEGATIVES = 2;

/** One record for each positive; of the negatives those that were seen most come first. */
export function recordsOf(
  judged: Iterable<JudgedTexts>,
  everything: readonly ShownText[],
  { keywords = false }: RecordOptions = {},
) {
  const random = new SeededRandom(7);
  const records: TrainingRecord[] = [];
  for (const judgedTexts of judged) {
    const { query, documents: own } = judgedTexts;
    const byLabel = (label: Judgment['label']) =>
      own.filter(({ judgment }) => judgment.label === label).sort(mostSeenFirst);
    const positives = byLabel('positive').map(reasoned);
    const positiveTexts = new Set(positives.map(({ text }) => text));
    const negatives: Reasoned[] = byLabel('negative')
      .filter(({ text }) => !positiveTexts.has(text))
      .map(reasoned);
    if (keywords) {
      const told = toldByKeywords(positives, negatives, byLabel('unsure'));
      positives.push(...told.positives);
      negatives.push(...told.negatives);
    }
    for (const positive of positives) {
      const others =
        negatives.length > 0 ? negatives : randomOthers(everything, judgedTexts, random);
      records.push({
        schema_version: 2,
        query,
        positive: documentOf(positive),
        negatives: others.slice(0, MOST_NEGATIVES).map(documentOf),
        source: 'feedback',
        source_event_id: positive.eventId,
      });
    }
  }
  return records;
}

interface Reasoned extends ShownText {
  readonly reason: string;
}

interface Positive extends Reasoned {
  readonly eventId: string;
}

function reasoned({ judgment, text }: JudgedDocument): Positive {
  const { documentId: id, reason, statistics } = judgment;
  return { id, text, reason, eventId: statistics.eventId };
}

function toldByKeywords(
  positives: readonly Reasoned[],
  negatives: readonly Reasoned[],
  unjudged: readonly JudgedDocument[],
): { positives: Positive[]; negatives: Reasoned[] } {
  const texts = (all: readonly Reasoned[]) => [...new Set(all.map(({ text }) => text))];
  const keywords = discriminativeKeywords(texts(positives), texts(negatives));
  const told = { positives: [] as Positive[], negatives: [] as Reasoned[] };
  if (keywords.length === 0) return told;
  for (const one of unjudged) {
    const said = labelByKeywords(one.text, keywords);
    if (said?.label === 1) {
      told.positives.push({
        ...reasoned(one),
        reason: `holds ${said.count} terms of results people liked`,
      });
    } else if (said) {
      told.negatives.push({
        ...reasoned(one),
        reason: `holds ${said.count} terms of results people disliked`,
      });
    }
  }
  return told;
}

function mostSeenFirst(a: JudgedDocument, b: JudgedDocument): number {
  const seen = ({ judgment: { statistics, impressions } }: JudgedDocument) =>
    statistics.skipped * 2 + impressions;
  return seen(b) - seen(a);
}

/** Documents that were never shown for this query. */
function randomOthers(
  everything: readonly ShownText[],
  { documents, wasShown }: JudgedTexts,
  random: SeededRandom,
): Reasoned[] {
  const shown = new Set(documents.map(({ text }) => text));
  const drawn = new Map<string, Reasoned>();
  for (let draw = 0; draw < 10 * RANDOM_NEGATIVES && everything.length > 0; draw++) {
    const one = everything[random.nextInt(everything.length)] as ShownText;
    if (wasShown(one.id) || shown.has(one.text)) continue;
    drawn.set(one.text, {
      id: one.id,
      text: one.text,
      reason: 'drawn at random from other searches',
    });
    if (drawn.size === RANDOM_NEGATIVES) break;
  }
  return [...drawn.values()];
}

function documentOf({ id, text, reason }: Reasoned): RecordDocument {
  return { text, doc_path_rel: pathOf(id), repo_slug: '', reason };
}

/** An application's id may be an absolute path, which names a machine: its file's name is kept. */
export function pathOf(documentId: string): string {
  const { path } = splitDocumentId(documentId);
  return isAbsolutePath(path) ? path.slice(path.lastIndexOf('/') + 1) : path;
}
