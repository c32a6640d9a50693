/** Makes training records of judgments: one positive each, with the documents that users skipped for it. */
import type { Judgment } from '../../judgments/judge.js';
import { splitDocumentId } from '../../records/document-paths.js';
import {
  type CorpusDocument,
  isAbsolutePath,
  type RecordDocument,
  type TrainingRecord,
} from '../../records/training-record.js';
import { firstIndex } from '../first-index.js';
import { discriminativeKeywords, labelByKeywords } from '../keywords.js';
import { stableHash } from '../stable-hash.js';

/** A judgment with the text of its document. */
interface JudgedDocument {
  readonly judgment: Judgment;
  readonly text: string;
}

/** The judgments of one query, with texts. */
export interface JudgedTexts {
  readonly query: string;
  readonly documents: readonly JudgedDocument[];
  /** Whether the document with this id was shown, with or without a judgment. */
  readonly wasShown: (id: string) => boolean;
}

/** A document that was shown to a user. */
type ShownText = Pick<CorpusDocument, 'id' | 'text'>;

export interface RecordOptions {
  /**
   * Whether results without a judgment are labeled by terms that separate liked from disliked results of
   * the query. For BinaryCrossEntropyLoss. Off by default.
   */
  readonly keywords?: boolean | undefined;
}

/** The most skipped documents that become negatives of a record. */
const MOST_NEGATIVES = 4;
/**
 * Relevant documents of other queries that become negatives of a record. Skipped documents are above clicked ones
 * more often than below, and share as many words with the query. From them alone a model would learn that words
 * do not matter, and which documents are liked for any query.
 */
const FROM_OTHERS = 2;

/** One record for each positive. Its negatives hardly change as the log grows, so few new pairs need a teacher. */
export function recordsOf(
  judged: Iterable<JudgedTexts>,
  everything: readonly ShownText[],
  { keywords = false }: RecordOptions = {},
): TrainingRecord[] {
  const queries = [...labeledQueries(judged, keywords)];
  const relevant = ringOf(queries.flatMap(({ positives }) => positives));
  let others: Ring | undefined;
  return queries.flatMap((labeled) =>
    labeled.positives.map((positive) => {
      const negatives = [
        ...passedOverFor(positive, labeled),
        ...drawnFor(positive, labeled, relevant, 'relevant to another query'),
      ];
      // For users who search for one thing only and skip nothing.
      if (negatives.length === 0) {
        others ??= ringOf(everything);
        negatives.push(...drawnFor(positive, labeled, others, 'shown in other searches'));
      }
      return {
        schema_version: 2,
        query: labeled.query,
        positive: documentOf(positive),
        negatives: negatives.map(documentOf),
        source: 'feedback',
        source_event_id: positive.eventId,
      };
    }),
  );
}

interface Reasoned extends ShownText {
  readonly reason: string;
}

interface Positive extends Reasoned {
  readonly eventId: string;
}

/** A query with its relevant documents and its negatives. */
interface LabeledQuery extends Pick<JudgedTexts, 'query' | 'wasShown'> {
  readonly positives: readonly Positive[];
  readonly negatives: readonly Reasoned[];
}

/** Yields one query at a time, because all judgments of a long log would take much memory. */
function* labeledQueries(
  judged: Iterable<JudgedTexts>,
  keywords: boolean,
): Generator<LabeledQuery> {
  for (const { query, documents, wasShown } of judged) {
    const byLabel = (label: Judgment['label']) =>
      documents.filter(({ judgment }) => judgment.label === label);
    const positives = byLabel('positive').map(reasoned);
    const texts = new Set(positives.map(({ text }) => text));
    const negatives: Reasoned[] = byLabel('negative')
      .filter(({ text }) => !texts.has(text))
      .map(reasoned);
    if (keywords) {
      const added = labeledByKeywords(positives, negatives, byLabel('unsure'));
      positives.push(...added.positives);
      negatives.push(...added.negatives);
    }
    if (positives.length > 0) yield { query, positives, negatives, wasShown };
  }
}

function reasoned({ judgment, text }: JudgedDocument): Positive {
  const { documentId: id, reason, statistics } = judgment;
  return { id, text, reason, eventId: statistics.eventId };
}

function labeledByKeywords(
  positives: readonly Reasoned[],
  negatives: readonly Reasoned[],
  unjudged: readonly JudgedDocument[],
) {
  const texts = (all: readonly Reasoned[]) => [...new Set(all.map(({ text }) => text))];
  const keywords = discriminativeKeywords(texts(positives), texts(negatives));
  const added = { positives: [] as Positive[], negatives: [] as Positive[] };
  if (keywords.length === 0) return added;
  for (const one of unjudged) {
    const found = labelByKeywords(one.text, keywords);
    if (!found) continue;
    const isLiked = found.label === 1;
    const reason = `contains ${found.count} terms of ${isLiked ? 'liked' : 'disliked'} results`;
    (isLiked ? added.positives : added.negatives).push({ ...reasoned(one), reason });
  }
  return added;
}

/** Documents in the order of their hashes. The neighbors of a place hardly change when documents are added. */
interface Ring {
  readonly hashes: readonly number[];
  readonly documents: readonly ShownText[];
}

function ringOf(documents: readonly ShownText[]): Ring {
  const distinct = new Map(documents.map((one) => [one.text, one]));
  const placed = [...distinct.values()].map((one) => ({ hash: stableHash(one.id), one }));
  placed.sort((a, b) => a.hash - b.hash || (a.one.id < b.one.id ? -1 : 1));
  return { hashes: placed.map(({ hash }) => hash), documents: placed.map(({ one }) => one) };
}

/** Does not prefer top ranks, because users skip documents there more often, whatever their content. */
function passedOverFor(positive: Positive, { negatives }: LabeledQuery): Reasoned[] {
  const placeOf = ({ id }: Reasoned) => stableHash(`${positive.id}\n${id}`);
  return [...negatives].sort((a, b) => placeOf(a) - placeOf(b)).slice(0, MOST_NEGATIVES);
}

/** Documents that were never shown for this query. A document that moved in its file has a new id and the same text. */
function drawnFor(
  positive: Positive,
  { query, positives, negatives, wasShown }: LabeledQuery,
  { hashes, documents }: Ring,
  reason: string,
): Reasoned[] {
  const hash = stableHash(`${query}\n${positive.id}`);
  const from = firstIndex(hashes.length, (place) => (hashes[place] as number) >= hash);
  const looks = Math.min(10 * FROM_OTHERS, documents.length);
  const judged = new Set([...positives, ...negatives].map(({ text }) => text));
  const drawn: Reasoned[] = [];
  for (let look = 0; look < looks && drawn.length < FROM_OTHERS; look++) {
    const { id, text } = documents[(from + look) % documents.length] as ShownText;
    if (!wasShown(id) && !judged.has(text)) drawn.push({ id, text, reason });
  }
  return drawn;
}

function documentOf({ id, text, reason }: Reasoned): RecordDocument {
  return { text, doc_path_rel: pathOf(id), repo_slug: '', reason };
}

/** An id that is an absolute path would reveal a machine's folders, so only the file's name is kept. */
export function pathOf(documentId: string): string {
  const { path } = splitDocumentId(documentId);
  return isAbsolutePath(path) ? path.slice(path.lastIndexOf('/') + 1) : path;
}
