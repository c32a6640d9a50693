/** The list that was shown last for each query, as a run that other tools can compare. */
import type { Kysely } from 'kysely';
import type { Database, ShownDocument } from '../../database/schema.js';
import type { RankedDocument } from '../../exchange/format.js';
import { nameAcrossSearches, type ReadLogOptions } from '../../judgments/read-log.js';

/** The most lists in memory. */
const PAGE = 500;
/** The tag of lists that no model ranked, only the application's search. */
const SEARCH = 'search';

/** One list for each query, without test traffic and bursts, as for judgments. */
export async function* lastShown(
  db: Kysely<Database>,
  { from, until, signal }: ReadLogOptions = {},
): AsyncGenerator<RankedDocument> {
  const newest = await db
    .selectFrom('searches')
    .where('excluded', 'is', null)
    .$if(from !== undefined, (query) => query.where('time', '>=', from as Date))
    .$if(until !== undefined, (query) => query.where('time', '<', until as Date))
    .distinctOn('query')
    .select('event_id')
    .orderBy('query')
    .orderBy('time', 'desc')
    .orderBy('event_id', 'desc')
    .execute();
  for (let at = 0; at < newest.length; at += PAGE) {
    signal?.throwIfAborted();
    const ids = newest.slice(at, at + PAGE).map(({ event_id }) => event_id);
    const page = await db
      .selectFrom('searches')
      .select(['query', 'model', 'shown'])
      .where('event_id', 'in', ids)
      .orderBy('query')
      .execute();
    for (const { query, model, shown } of page) {
      const tag = model || SEARCH;
      for (const one of rankedList(shown)) yield { queryId: queryIdOf(query), tag, ...one };
    }
  }
}

const ID_LENGTH = 16;

/** The id of a query in qrels, runs and queries.jsonl: the start of its text's hash. */
export function queryIdOf(hash: string): string {
  return hash.slice(0, ID_LENGTH);
}

/** Each document once, at its first rank. Evaluation programs refuse a list with a document twice. */
function rankedList(
  shown: readonly ShownDocument[],
): Pick<RankedDocument, 'documentId' | 'rank' | 'score'>[] {
  const first = new Map<string, number | null>();
  for (const one of [...shown].sort((a, b) => a.position - b.position)) {
    const name = nameAcrossSearches(one);
    if (!first.has(name)) first.set(name, one.score);
  }
  const list = [...first];
  const ordered = list.every(([, score], at) => {
    const before = list[at - 1]?.[1] ?? Number.POSITIVE_INFINITY;
    // Evaluation programs read scores with 32 bits.
    return score !== null && Math.fround(score) < Math.fround(before);
  });
  // They sort by score and ignore ranks, so scores that would change the order are replaced.
  return list.map(([documentId, score], at) => ({
    documentId,
    rank: at + 1,
    score: ordered && score !== null ? score : 1 / (at + 1),
  }));
}
