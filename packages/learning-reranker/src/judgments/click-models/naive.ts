import { total } from '../statistics.js';
import { type ClickModel, passedOverByRank } from './click-model.js';

/** Clicks per impression. */
export const naive: ClickModel = {
  name: 'naive',
  description:
    'Clicks per impression, as if every rank were looked at alike. Shown beside the others; where results stand first for any other reason than relevance, it learns that reason.',
  source: 'click-through rate',
  fit: () => (document) => {
    const impressions = total(document.impressions);
    const relevance = impressions === 0 ? 0 : total(document.clicks) / impressions;
    const passedOver = passedOverByRank(document, () => 1);
    return { relevance, evidence: impressions, taken: total(document.clicks), passedOver };
  },
};
