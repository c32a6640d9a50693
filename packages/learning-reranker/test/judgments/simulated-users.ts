/** Simulated users, whose clicks depend on known relevance and on where they look. */
import { SeededRandom } from '@learning-reranker/cross-encoder';
import type { CountedSearch } from '../../src/judgments/statistics.js';

export interface World {
  /** True relevance, 0 to 1, of each query's documents, by id. */
  readonly relevance: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export function world(queries: number, documents: number, seed = 1): World {
  const random = new SeededRandom(seed);
  return {
    relevance: new Map(
      Array.from({ length: queries }, (_, query) => [
        `q${query}`,
        new Map(
          Array.from({ length: documents }, (_, at) => [
            `q${query}d${at}`,
            0.05 + 0.9 * random.nextFloat(),
          ]),
        ),
      ]),
    ),
  };
}

/** How a user reads a list. Returns the clicked ids. */
export type Behaviour = (
  shown: readonly string[],
  relevance: ReadonlyMap<string, number>,
  random: SeededRandom,
) => string[];

/** Users look at each rank with its own probability, whatever document is there. */
export const positionBased: Behaviour = (shown, relevance, random) =>
  shown.filter(
    (id, at) => random.nextFloat() < 1 / (at + 1) && random.nextFloat() < (relevance.get(id) ?? 0),
  );

/** Users read from the top and stop at the first document that satisfies them. Even the best does not always. */
export const cascade: Behaviour = (shown, relevance, random) => {
  const first = shown.find((id) => random.nextFloat() < 0.4 * (relevance.get(id) ?? 0));
  return first === undefined ? [] : [first];
};

/**
 * Searches whose ranking is independent of relevance and nearly the same for each query: neighbors sometimes swap
 * places.
 */
export function* searches(
  { relevance }: World,
  behaviour: Behaviour,
  count: number,
  { seed = 2, clients = 500, swaps = 0.5 } = {},
): Generator<CountedSearch> {
  const random = new SeededRandom(seed);
  const queries = [...relevance];
  for (let at = 0; at < count; at++) {
    const [query, documents] = queries[at % queries.length] as (typeof queries)[number];
    const shown = [...documents.keys()];
    for (let rank = 1; rank < shown.length; rank++) {
      if (random.nextFloat() >= swaps) continue;
      const [upper, lower] = [shown[rank - 1] as string, shown[rank] as string];
      shown[rank - 1] = lower;
      shown[rank] = upper;
    }
    const clientId = `c${random.nextInt(clients)}`;
    yield {
      eventId: `e${at}`,
      query,
      clientId,
      shown: shown.map((id, place) => ({ position: place + 1, id, text: id })),
      feedback: behaviour(shown, documents, random).map((documentId) => ({
        documentId,
        kind: 'click',
        clientId,
        time: new Date(at),
      })),
    };
  }
}
