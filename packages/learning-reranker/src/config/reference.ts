/** The settings as a Markdown table, for docs/reference/configuration.md. */
import { type SettingDescription, settingDefinitions, settingKeys } from './settings.js';

export function settingsReference(): string {
  const rows = settingKeys.map((key) => {
    const { environment, option, values, fallback, description, aliases, atOnce } =
      settingDefinitions[key] as SettingDescription & { readonly fallback: unknown };
    const old = aliases ? ` Old names: ${aliases.map((name) => `\`${name}\``).join(', ')}.` : '';
    const shown = fallback === null ? '' : `\`${String(fallback)}\``;
    return `| \`${environment}\` | \`${key}\` | ${option ? `\`--${option}\`` : ''} | ${values} | ${shown} | ${description}${old} | ${atOnce ? 'at once' : 'from the next start'} |`;
  });
  return [
    '| Environment | Key in `reranker.config.json` | Option | Values | Default | Meaning | A change applies |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
