import { total } from '../statistics.js';
import { type ClickModel, passedOverByRank } from './click-model.js';

/** Clicks over the clicks that its ranks would usually get. */
export const coec: ClickModel = {
  name: 'coec',
  description:
    'Clicks over expected clicks: a document is relevant if it is clicked more than others at its ranks. Needs no document at two ranks, and takes for granted that ranks are filled alike well.',
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
      // The ratio, which has no upper end, on 0 to 1: as usual lies at one half. It is a share of clicks, of
      // which there are as many as came and were expected: a lucky one at a low rank proves little.
      const evidence = clicks + expected;
      return {
        relevance: evidence === 0 ? 0 : clicks / evidence,
        evidence,
        taken: clicks,
        // As if ranks got their clicks by how much they are looked at alone.
        passedOver: passedOverByRank(document, (rank) => (usual[rank] ?? 0) / most),
      };
    };
  },
};
