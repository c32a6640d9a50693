/** Settings: what there is, what is in force and where it came from. */
export { type ConfigChange, changeConfigFile, countsAtOnce } from './change-file.js';
export { FeatureFlagError, featureFlagOf, refuseGatedLoss } from './feature-flags.js';
export { loadSettings } from './load.js';
export { settingsReference } from './reference.js';
export { ConfigError, type ResolvedSettings, resolveSettings } from './resolve.js';
export { shownSetting, shownSettings } from './secrets.js';
export { type SettingKey, type Settings, settingDefinitions, settingKeys } from './settings.js';
