/** Simplified dynamic Bayesian network. */
import { total } from '../statistics.js';
import type { ClickModel } from './click-model.js';

/** Relevance is attractiveness times satisfaction. */
export const sdbn: ClickModel = {
  name: 'sdbn',
  description:
    'Users read from the top and stop when they are satisfied: they looked only at the results down to the last click, and the last click satisfied them. Good if users take one result.',
  source:
    'Chapelle and Zhang, A Dynamic Bayesian Network Click Model for Web Search Ranking, WWW 2009',
  fit: () => (document) => {
    const clicks = total(document.clicks);
    // A user without a click read the whole list. Without these lists, the last rank would seem clicked at every look.
    const examined = document.examined + document.leftAlone;
    const attractiveness = examined === 0 ? 0 : clicks / examined;
    const satisfaction = clicks === 0 ? 0 : document.lastClicks / clicks;
    return {
      relevance: attractiveness * satisfaction,
      evidence: examined,
      taken: document.lastClicks,
      passedOver: [{ times: examined - document.lastClicks, propensity: 1 }],
    };
  },
};
