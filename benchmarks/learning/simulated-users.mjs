/**
 * Simulates users who search, look at lower ranks less often, and click relevant documents and sometimes others, as in
 * Joachims, Swaminathan and Schnabel (WSDM 2017): the probability of a look is 1/rank, and a tenth of clicks is noise.
 */
import { SeededRandom } from '@learning-reranker/cross-encoder';
import { feedbackSchema, searchSchema } from 'learning-reranker/internals';

export const SHOWN = 10;
/** The probability of a click on a document that the user looks at. */
const CLICK_IF = { relevant: 0.8, irrelevant: 0.1 };

const clickRate = (grade) => (grade > 0 ? CLICK_IF.relevant : CLICK_IF.irrelevant);

/** A position-based user looks at each rank with its probability; a cascade user looks until the first click. */
export const users = {
  'position-based': (shown, random) =>
    shown.filter(
      ({ grade }, at) => random.nextFloat() < 1 / (at + 1) && random.nextFloat() < clickRate(grade),
    ),
  cascade: (shown, random) => {
    const first = shown.find(({ grade }) => random.nextFloat() < clickRate(grade));
    return first ? [first] : [];
  },
};

/** The click model that removes the bias of each kind of user. */
export const DEBIASED = { 'position-based': 'inverse-propensity', cascade: 'sdbn' };

/** Describes both kinds of users. */
export const LOOKS = `They see BM25's first ${SHOWN} documents; at a fifth of the ranks, neighbors are swapped. A position-based user looks at rank k with probability 1/k; a cascade user looks from the top until the first click. A user who looks clicks a relevant document with probability ${CLICK_IF.relevant} and any other with ${CLICK_IF.irrelevant}`;

/** Shows the list of the search without a reranker; neighbors are swapped now and then. */
export async function logClicks(store, lists, behaviour, { clicks: wanted, seed }) {
  const random = new SeededRandom(seed);
  const searches = [];
  const clicks = [];
  for (let at = 0; clicks.length < wanted; at++) {
    const { query, candidates } = lists[at % lists.length];
    const shown = candidates.slice(0, SHOWN);
    for (let rank = 1; rank < shown.length; rank++) {
      if (random.nextFloat() < 0.2) [shown[rank - 1], shown[rank]] = [shown[rank], shown[rank - 1]];
    }
    const event_id = `search-${at}`;
    const client_id = `client-${random.nextInt(400)}`;
    const documents = shown.map(({ id, text }) => ({ id, text }));
    searches.push(searchSchema.parse({ event_id, query, client_id, documents }));
    for (const { id } of behaviour(shown, random)) {
      clicks.push(feedbackSchema.parse({ event_id, kind: 'click', document_id: id }));
    }
  }
  for (let from = 0; from < searches.length; from += 1000) {
    await store.recordSearches(searches.slice(from, from + 1000));
  }
  await store.recordFeedback(clicks.slice(0, wanted));
  return searches.length;
}
