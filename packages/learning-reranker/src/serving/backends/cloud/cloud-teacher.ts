/** The cloud's reranker as a teacher, for losses that learn from a teacher's scores. */
import type { Settings } from '../../../config/index.js';
import type { Teacher } from '../../../mining/teacher-scores.js';
import { cloudBackend } from './cloud.js';

/** Named after its model. Asks once for each query. Scoring throws {@link BackendError} without a key. */
export function cloudTeacher(settings: Settings, signal: AbortSignal): Teacher {
  const cloud = cloudBackend(settings);
  return {
    name: `cloud/${settings.cloudModel}`,
    score: async (pairs) => {
      const placesOf = new Map<string, number[]>();
      for (const [at, { query }] of pairs.entries()) {
        placesOf.set(query, [...(placesOf.get(query) ?? []), at]);
      }
      const relevance = new Array<number>(pairs.length);
      for (const [query, places] of placesOf) {
        const documents = places.map((at) => pairs[at]?.document ?? '');
        const scores = await cloud.score({ query, documents, signal });
        for (const [index, at] of places.entries()) {
          relevance[at] = scores?.relevance[index] ?? Number.NaN;
        }
      }
      return relevance;
    },
  };
}
