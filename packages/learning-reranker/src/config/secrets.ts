/** Values that are never shown: whether they are set is all that anybody is told. */
import { type SettingKey, type Settings, settingDefinitions, settingKeys } from './settings.js';

export function isSecret(key: SettingKey): boolean {
  return 'secret' in settingDefinitions[key] && settingDefinitions[key].secret === true;
}

/** A setting's value as it may be shown to anybody. */
export function shownSetting(key: SettingKey, value: unknown): string {
  if (value === null || value === undefined) return '';
  return isSecret(key) ? 'set, not shown' : withoutPassword(String(value));
}

/** What stands for a user and a password in an address is not repeated, wherever it was given. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//…@');
}

/** All settings as they may leave the process. */
export function shownSettings(settings: Settings): Record<SettingKey, unknown> {
  const entries = settingKeys.map((key) => {
    const value = settings[key];
    return [key, isSecret(key) && value !== null ? shownSetting(key, value) : value];
  });
  return Object.fromEntries(entries) as Record<SettingKey, unknown>;
}
