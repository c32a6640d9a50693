/** The click models there are. */
import type { ClickModel } from './click-model.js';
import { coec } from './coec.js';
import { inversePropensity } from './inverse-propensity.js';
import { naive } from './naive.js';
import { sdbn } from './sdbn.js';

export const clickModelNames = ['naive', 'coec', 'sdbn', 'inverse-propensity'] as const;
export type ClickModelName = (typeof clickModelNames)[number];

export const clickModels: Readonly<Record<ClickModelName, ClickModel>> = {
  naive,
  coec,
  sdbn,
  'inverse-propensity': inversePropensity,
};

export const DEFAULT_CLICK_MODEL: ClickModelName = 'inverse-propensity';
