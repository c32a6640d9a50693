/** Clicks per impression. */
import { total } from '../statistics.js';
import { type ClickModel, passedOverByRank } from './click-model.js';

export const naive: ClickModel = {
  name: 'naive',
  description:
    'Clicks per impression, as if users looked at every rank equally. Shown to compare with the others. It learns any reason that puts results first, even if it is not relevance.',
  source: 'click-through rate',
  fit: () => (document) => {
    const impressions = total(document.impressions);
    const relevance = impressions === 0 ? 0 : total(document.clicks) / impressions;
    const passedOver = passedOverByRank(document, () => 1);
    return { relevance, evidence: impressions, taken: total(document.clicks), passedOver };
  },
};
