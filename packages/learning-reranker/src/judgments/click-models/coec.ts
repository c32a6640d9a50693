import { total } from '../statistics.js';
import type { ClickModel } from './click-model.js';

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
    return (document) => {
      const expected = document.impressions.reduce(
        (sum, shown, rank) => sum + (shown ?? 0) * (usual[rank] ?? 0),
        0,
      );
      const ratio = expected === 0 ? 0 : total(document.clicks) / expected;
      // 1 is as usual and lies at one half; the ratio itself has no upper end.
      return { relevance: ratio / (ratio + 1), evidence: total(document.impressions) };
    };
  },
};
