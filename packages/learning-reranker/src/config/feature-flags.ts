/** Losses that are disabled until their flag is set. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { SettingKey, Settings } from './settings.js';
import { settingDefinitions } from './settings.js';

const flags: Readonly<Record<string, SettingKey & ('enableMnr' | 'enableMarginMse')>> = {
  MultipleNegativesRankingLoss: 'enableMnr',
  MarginMSELoss: 'enableMarginMse',
};

/** A loss was chosen whose feature flag is off. */
export class FeatureFlagError extends TypedError {
  override readonly name = 'FeatureFlagError';
  readonly kind = 'disabled';
}

/** The feature flag of a loss, by its class name. */
export function featureFlagOf(
  lossName: string,
): { key: SettingKey; environment: string } | undefined {
  const key = flags[lossName];
  return key && { key, environment: settingDefinitions[key].environment };
}

/** @throws {FeatureFlagError} that says how to enable the loss, unless it is enabled. */
export function refuseGatedLoss(lossName: string, settings: Settings): void {
  const key = flags[lossName];
  if (!key || settings[key]) return;
  throw new FeatureFlagError(
    `${lossName} is disabled. To enable it, set ${settingDefinitions[key].environment}=1 ` +
      `in the environment or .env, or "${key}": true in reranker.config.json.`,
  );
}
