import { expect, test } from 'vitest';
import { ConfigError, resolveSettings, shownSettings } from '../../src/config/index.js';

const secret = 'postgresql://somebody:planted-secret@db/reranker';

test('a secret is used and never shown: not in the settings, a conflict or an error', () => {
  const resolved = resolveSettings({
    environment: { DATABASE_URL: secret },
    file: { databaseUrl: `${secret}2` },
  });
  expect(resolved.settings.databaseUrl).toBe(secret);
  expect(resolved.conflicts).toHaveLength(1);
  expect(JSON.stringify([shownSettings(resolved.settings), resolved.conflicts])).not.toContain(
    'planted-secret',
  );
  const refused = () => resolveSettings({ file: { databaseUrl: ['planted-secret'] } });
  expect(refused).toThrow(ConfigError);
  expect(refused).not.toThrow(/planted-secret/);
});

test('other settings are shown unchanged, and a secret that is not set as not set', () => {
  expect(shownSettings(resolveSettings({}).settings)).toMatchObject({
    port: 8012,
    databaseUrl: null,
  });
});

test('passwords in addresses are hidden', () => {
  const address = 'https://somebody:planted-word@cloud.example';
  const resolving = () => resolveSettings({ environment: { AGRO_RERANKER_CLOUD_URL: address } });
  expect(resolving).toThrow(/AGRO_RERANKER_CLOUD_URL.*without a password/);
  expect(resolving).toThrow(/^(?!.*planted-word)/);
});

test.each(['file:///etc/passwd', 'javascript:alert(1)', 'ftp://cloud.example', 'nowhere', ''])(
  'no cloud is at %s',
  (address) => {
    const file = { cloudUrl: address };
    if (address === '') expect(resolveSettings({ file }).settings.cloudUrl).toMatch(/^https:/);
    else expect(() => resolveSettings({ file })).toThrow(/cloudUrl/);
  },
);
