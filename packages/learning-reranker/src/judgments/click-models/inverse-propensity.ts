/** Inverse propensity weighting. */
import { total } from '../statistics.js';
import { type ClickModel, passedOverByRank } from './click-model.js';

export const inversePropensity: ClickModel = {
  name: 'inverse-propensity',
  description:
    'A click counts more at a rank that users look at less. How much they look is estimated from documents that were shown at several ranks. The usual choice if rankings change from time to time.',
  source:
    'Joachims, Swaminathan and Schnabel, Unbiased Learning-to-Rank with Biased Feedback, WSDM 2017',
  fit: (_log, { byRank }) => {
    const propensity = (rank: number) => byRank[rank] ?? byRank.at(-1) ?? 1;
    return (document) => {
      const { impressions, clicks } = document;
      // Dividing by looks instead of impressions has the same expectation and a much smaller variance.
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
