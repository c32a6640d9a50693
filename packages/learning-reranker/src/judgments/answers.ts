/** Which documents answer their query: two kinds of documents, told apart by how often they are taken when looked at. */
import type { Estimate } from './click-models/click-model.js';
import type { DocumentStatistics, LogStatistics } from './statistics.js';

/** What is known of both kinds; all in 0 to 1. */
export interface AnswerRates {
  /** How often a document that answers is taken by somebody who looks at it. */
  readonly answer: number;
  /** The same of a document that does not. */
  readonly other: number;
  /** The share of documents that answer. */
  readonly share: number;
}

/** What a log of nothing says: the one click of the one person who looked is an answer, with 10 to 1. */
const BEFORE: AnswerRates = { answer: 0.75, other: 0.005, share: 0.2 };
/** Looks, and documents, that this is worth beside those of the log. */
const WORTH = 30;
/** Where more would answer, people take what they are shown, and nothing is told apart. */
const MOST_ANSWERS = 0.5;
/** Documents that rates are estimated from; of more, every so many. */
const ENOUGH = 5000;
const MOST_ROUNDS = 100;
const SETTLED = 1e-4;

/** How likely a document answers its query, 0 to 1, given what was seen of it. */
export function probabilityOfAnswer(
  { taken, passedOver }: Estimate,
  { answer, other, share }: AnswerRates,
): number {
  let logOdds = Math.log(share / (1 - share)) + taken * Math.log(answer / other);
  for (const { times, propensity } of passedOver) {
    logOdds += times * Math.log((1 - propensity * answer) / (1 - propensity * other));
  }
  return 1 / (1 + Math.exp(-logOdds));
}

/**
 * The rates of a log, by expectation maximization: a document that is not taken was either not looked at or
 * did not answer (the position-based model of Chuklin, Markov and de Rijke, Click Models for Web Search, 2015,
 * section 4.1, with two attractivenesses instead of one for each document, since most documents are seen seldom).
 */
export function estimateAnswerRates(
  { queries }: LogStatistics,
  estimate: (document: DocumentStatistics) => Estimate,
): AnswerRates {
  let documents = 0;
  for (const { size } of queries.values()) documents += size;
  const step = Math.ceil(documents / ENOUGH);
  const counted: Estimate[] = [];
  let at = 0;
  for (const ofQuery of queries.values()) {
    for (const one of ofQuery.values()) if (at++ % step === 0) counted.push(estimate(one));
  }
  let rates = BEFORE;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = reestimated(counted, rates);
    const moved = Math.max(
      Math.abs(next.answer - rates.answer),
      Math.abs(next.other - rates.other),
      Math.abs(next.share - rates.share),
    );
    rates = next;
    if (moved < SETTLED) break;
  }
  return rates;
}

function reestimated(documents: readonly Estimate[], rates: AnswerRates): AnswerRates {
  const answers = { taken: BEFORE.answer * WORTH, looks: WORTH };
  const others = { taken: BEFORE.other * WORTH, looks: WORTH };
  let share = BEFORE.share * WORTH;
  for (const one of documents) {
    const probability = probabilityOfAnswer(one, rates);
    share += probability;
    add(answers, one, rates.answer, probability);
    add(others, one, rates.other, 1 - probability);
  }
  return {
    answer: answers.taken / answers.looks,
    other: others.taken / others.looks,
    share: Math.min(MOST_ANSWERS, share / (documents.length + WORTH)),
  };
}

/** Counts a document as one that is taken at this rate, by as much as it is likely to be one. */
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
