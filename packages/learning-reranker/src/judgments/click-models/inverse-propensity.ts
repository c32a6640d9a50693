import { total } from '../statistics.js';
import { type ClickModel, passedOverByRank } from './click-model.js';

/** Clicks weighted by how seldom their rank is looked at. */
export const inversePropensity: ClickModel = {
  name: 'inverse-propensity',
  description:
    'A click counts the more the less its rank is looked at; how much that is, is estimated from documents that were shown at several ranks. The usual choice where rankings change now and then.',
  source:
    'Joachims, Swaminathan and Schnabel, Unbiased Learning-to-Rank with Biased Feedback, WSDM 2017',
  fit: (_log, { byRank }) => {
    const propensity = (rank: number) => byRank[rank] ?? byRank.at(-1) ?? 1;
    return (document) => {
      const { impressions, clicks } = document;
      // Looks rather than impressions below the line: the same expectation, and far less scattered.
      const looks = impressions.reduce(
        (sum, shown, rank) => sum + (shown ?? 0) * propensity(rank),
        0,
      );
      const taken = total(clicks);
      return {
        relevance: looks === 0 ? 0 : Math.min(1, taken / looks),
        evidence: looks,
        taken,
        passedOver: passedOverByRank(document, propensity),
      };
    };
  },
};
