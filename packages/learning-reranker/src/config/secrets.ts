/** Hides secret values: output says only whether they are set. */
import { describedSetting, type SettingKey, type Settings, settingKeys } from './settings.js';

export function isSecret(key: SettingKey): boolean {
  return describedSetting(key).secret === true;
}

/** A setting's value as output may show it. */
export function shownSetting(key: SettingKey, value: unknown): string {
  if (value === null || value === undefined) return '';
  return isSecret(key) ? 'set, not shown' : withoutPassword(String(value));
}

/** Replaces the user and the password of every address in the text. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//…@');
}

/** All settings, with secrets hidden. */
export function shownSettings(settings: Settings): Record<SettingKey, unknown> {
  const entries = settingKeys.map((key) => {
    const value = settings[key];
    return [key, isSecret(key) && value !== null ? shownSetting(key, value) : value];
  });
  return Object.fromEntries(entries) as Record<SettingKey, unknown>;
}
