/** Estimates how likely a document is relevant to its query: relevant documents get more clicks than others when users look at them. */
import type { Estimate } from './click-models/click-model.js';
import type { DocumentStatistics, LogStatistics } from './statistics.js';

/** What the log shows about relevant and irrelevant documents; all 0 to 1. */
export interface RelevanceRates {
  /** The share of looks at a relevant document that end with a click. */
  readonly relevant: number;
  /** The same for an irrelevant document. */
  readonly irrelevant: number;
  /** The share of documents that are relevant. */
  readonly share: number;
}

/** The rates of an empty log. With them, a single click after a single look means relevant, at odds of 10 to 1. */
const PRIOR: RelevanceRates = { relevant: 0.75, irrelevant: 0.005, share: 0.2 };
/** The weight of the prior, in looks and in documents. */
const PRIOR_WEIGHT = 30;
/** With a larger share, users click whatever they see, and clicks do not tell documents apart. */
const MOST_RELEVANT = 0.5;
/** The estimate uses about this many documents, spread evenly. */
const ENOUGH_DOCUMENTS = 5000;
const MOST_ROUNDS = 100;
const CONVERGED = 1e-4;

/** The probability that a document is relevant to its query, 0 to 1, given its clicks. */
export function probabilityOfRelevance(
  { taken, passedOver }: Estimate,
  { relevant, irrelevant, share }: RelevanceRates,
): number {
  let logOdds = Math.log(share / (1 - share)) + taken * Math.log(relevant / irrelevant);
  for (const { times, propensity } of passedOver) {
    logOdds += times * Math.log((1 - propensity * relevant) / (1 - propensity * irrelevant));
  }
  return 1 / (1 + Math.exp(-logOdds));
}

/**
 * Estimates the rates of a log by expectation maximization: users either did not look at a document without a
 * click, or did not find it relevant (the position-based model of Chuklin, Markov and de Rijke, Click Models for
 * Web Search, 2015, section 4.1). There are two attractivenesses instead of one for each document, since most
 * documents have few impressions.
 */
export function estimateRelevanceRates(
  { queries }: LogStatistics,
  estimate: (document: DocumentStatistics) => Estimate,
): RelevanceRates {
  let documents = 0;
  for (const { size } of queries.values()) documents += size;
  const step = Math.ceil(documents / ENOUGH_DOCUMENTS);
  const sample: Estimate[] = [];
  let at = 0;
  for (const ofQuery of queries.values()) {
    for (const one of ofQuery.values()) if (at++ % step === 0) sample.push(estimate(one));
  }
  let rates = PRIOR;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = reestimated(sample, rates);
    const moved = Math.max(
      Math.abs(next.relevant - rates.relevant),
      Math.abs(next.irrelevant - rates.irrelevant),
      Math.abs(next.share - rates.share),
    );
    rates = next;
    if (moved < CONVERGED) break;
  }
  return rates;
}

function reestimated(documents: readonly Estimate[], rates: RelevanceRates): RelevanceRates {
  const relevant = { taken: PRIOR.relevant * PRIOR_WEIGHT, looks: PRIOR_WEIGHT };
  const irrelevant = { taken: PRIOR.irrelevant * PRIOR_WEIGHT, looks: PRIOR_WEIGHT };
  let share = PRIOR.share * PRIOR_WEIGHT;
  for (const one of documents) {
    const probability = probabilityOfRelevance(one, rates);
    share += probability;
    add(relevant, one, rates.relevant, probability);
    add(irrelevant, one, rates.irrelevant, 1 - probability);
  }
  return {
    relevant: relevant.taken / relevant.looks,
    irrelevant: irrelevant.taken / irrelevant.looks,
    share: Math.min(MOST_RELEVANT, share / (documents.length + PRIOR_WEIGHT)),
  };
}

/** Adds a document to the class with this click rate, weighted by the probability that it belongs there. */
function add(
  sum: { taken: number; looks: number },
  { taken, passedOver }: Estimate,
  rate: number,
  probability: number,
): void {
  sum.taken += probability * taken;
  sum.looks += probability * taken;
  for (const { times, propensity } of passedOver) {
    const wasLookedAt = (propensity * (1 - rate)) / (1 - propensity * rate);
    sum.looks += probability * times * wasLookedAt;
  }
}
