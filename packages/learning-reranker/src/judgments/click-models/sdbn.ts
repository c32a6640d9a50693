import { total } from '../statistics.js';
import type { ClickModel } from './click-model.js';

/** Simplified dynamic Bayesian network: attractiveness times satisfaction. */
export const sdbn: ClickModel = {
  name: 'sdbn',
  description:
    'People read from the top and stop where they are satisfied: only what stands at or above the last click was looked at, and the last click satisfied. Good where people take one result.',
  source:
    'Chapelle and Zhang, A Dynamic Bayesian Network Click Model for Web Search Ranking, WWW 2009',
  fit: () => (document) => {
    const clicks = total(document.clicks);
    // Who took nothing read it all. Without those lists the last rank would be clicked whenever it is looked at.
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
