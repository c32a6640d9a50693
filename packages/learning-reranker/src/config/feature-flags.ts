/** Losses that are off until their flag is set. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { SettingKey, Settings } from './settings.js';
import { settingDefinitions } from './settings.js';

const flags: Readonly<Record<string, SettingKey & ('enableMnr' | 'enableMarginMse')>> = {
  MultipleNegativesRankingLoss: 'enableMnr',
  MarginMSELoss: 'enableMarginMse',
};

/** A gated loss was chosen without its flag. */
export class FeatureFlagError extends TypedError {
  override readonly name = 'FeatureFlagError';
  readonly kind = 'disabled';
}

/** The flag a loss stands behind, by its class name. */
export function featureFlagOf(
  lossName: string,
): { key: SettingKey; environment: string } | undefined {
  const key = flags[lossName];
  return key && { key, environment: settingDefinitions[key].environment };
}

/** @throws {FeatureFlagError} saying how to switch the loss on, unless it is on. */
export function refuseGatedLoss(lossName: string, settings: Settings): void {
  const key = flags[lossName];
  if (!key || settings[key]) return;
  throw new FeatureFlagError(
    `${lossName} stands behind a feature flag that is off. Switch it on with ${settingDefinitions[key].environment}=1 ` +
      `in the environment or .env, or "${key}": true in reranker.config.json.`,
  );
}
