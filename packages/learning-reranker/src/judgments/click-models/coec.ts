/** Clicks over expected clicks. */
import { total } from '../statistics.js';
import { type ClickModel, passedOverByRank } from './click-model.js';

export const coec: ClickModel = {
  name: 'coec',
  description:
    'Clicks over expected clicks: a document is relevant if it gets more clicks than others at the same ranks. Works if no document was shown at two ranks. Assumes that all ranks show equally relevant documents.',
  source:
    'Zhang and Jones, Comparing Click Logs and Editorial Labels for Training Query Rewriting, 2007',
  fit: ({ impressionsAtRank, clicksAtRank }) => {
    const usual = impressionsAtRank.map((shown, rank) =>
      shown === 0 ? 0 : (clicksAtRank[rank] ?? 0) / shown,
    );
    const most = Math.max(...usual) || 1;
    return (document) => {
      const expected = document.impressions.reduce(
        (sum, shown, rank) => sum + (shown ?? 0) * (usual[rank] ?? 0),
        0,
      );
      const clicks = total(document.clicks);
      // clicks / expected has no upper bound. This form lies in 0 to 1, with 0.5 for the expected number of
      // clicks. The evidence counts clicks, so one lucky click at a low rank is weak evidence.
      const evidence = clicks + expected;
      return {
        relevance: evidence === 0 ? 0 : clicks / evidence,
        evidence,
        taken: clicks,
        // Assumes that a rank's clicks depend only on how often users look at it.
        passedOver: passedOverByRank(document, (rank) => (usual[rank] ?? 0) / most),
      };
    };
  },
};
