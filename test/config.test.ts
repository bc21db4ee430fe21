import { describe, expect, it } from 'vitest';
import { readConfig, settingGroups, settings } from '../src/config.ts';
import { DomainError } from '../src/errors.ts';
import { digestOfKey } from '../src/lib/api-key.ts';

/** The message for faulty settings; fails when they are accepted. */
const messageFor = (...texts: Parameters<typeof readConfig>): string => {
  try {
    readConfig(...texts);
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
  throw new Error('the settings were accepted');
};

describe('settings', () => {
  it('each setting is in one topic under a unique name, and about ten are marked as common', () => {
    expect(settings).toHaveLength(new Set(settings.map(({ name }) => name)).size);
    expect(settingGroups.flatMap((group) => group.settings)).toEqual(settings);
    expect(settings.filter(({ isCommon }) => isCommon).length).toBeLessThan(12);
  });

  it('linkHosts is read as a list of hosts', () => {
    const { importAllow } = readConfig({
      importAllow: 'Files.Internal., 127.1:8080,[0:0::1]:80,münchen.example,10.0.0.7',
    });
    expect(importAllow).toEqual([
      { host: 'files.internal', port: null },
      { host: '127.0.0.1', port: 8080 },
      { host: '[::1]', port: 80 },
      { host: 'xn--mnchen-3ya.example', port: null },
      { host: '10.0.0.7', port: null },
    ]);
    expect(readConfig({}).importAllow).toEqual([]);
  });

  it.each([
    'http://host',
    'host/path',
    'user@host',
    'host:port',
    'host:70000',
    'a b',
    '::1',
    '[::1',
    '*',
    '10.0.0.0/8',
    '1.2.3.4.5',
  ])('%j is refused as a host, and the error names the setting', (importAllow) => {
    expect(() => readConfig({ importAllow })).toThrow(/setting importAllow \(--import-allow, ASOF_IMPORT_ALLOW\)/);
  });

  it('only the digests of API keys are retained', () => {
    const { apiKeys } = readConfig(
      {},
      { ASOF_API_KEYS: `read:${'0123456789abcdef'.repeat(2)},ingest:a:b=c-0123456789-ABCDEF,` },
    );
    expect(apiKeys).toEqual([
      { scope: 'read', digest: digestOfKey('0123456789abcdef'.repeat(2)), isWeak: false },
      { scope: 'ingest', digest: expect.stringMatching(/^[0-9a-f]{64}$/), isWeak: false },
    ]);
  });

  it.each([
    ['image-test', 'ten characters'],
    ['0123456789abcdef0123456789abcde', '31 hexadecimal digits'],
    ['12345678901234567890123456789012345678', '38 decimal digits'],
    ['correcthorsebatterystaple', 'lower-case letters'],
    ['aB3$aB3$aB3$aB3$aB3$aB3$aB3$', 'four different characters'],
  ])('the key %s is weak, because it cannot have 128 random bits: %s', (key) => {
    expect(readConfig({}, { ASOF_API_KEYS: `admin:${key}` }).apiKeys).toMatchObject([{ scope: 'admin', isWeak: true }]);
  });

  it('options take precedence over the environment, and the environment over the defaults', () => {
    const environment = { ASOF_PORT: '5000', ASOF_HOST: '::1', ASOF_LOG_SQL: '1' };
    expect(readConfig({ port: '6000' }, environment)).toMatchObject({
      port: 6000,
      host: '::1',
      logSql: true,
      logLevel: 'info',
      now: null,
    });
  });

  it.each([
    ['port', ['0', '65535'], ['-1', '65536', '1e3', '', ' 80']],
    ['pageSizeMax', ['1', '999999999'], ['0', '1000000000', '0x10', '1.5']],
    ['userFilesEveryMinutes', ['1', '60'], ['0', '61']],
    ['bodyBytesMax', ['1', '500kB', '8MB', '4GB'], ['0', '0kB', '8 MB', '8mb', '-1']],
    ['guessNoise', ['0', '1', '.25', '0.25'], ['1.5', '-0', '1e-3']],
    ['monitorAlpha', ['1', '.01'], ['0', '0.0', '1.1']],
    ['s3PathStyle', ['true', 'false', '1', '0'], ['yes', 'TRUE', 'toString', '']],
    ['logLevel', ['trace', 'silent'], ['loud', '']],
    ['now', ['', '2025-01-01', '2025-01-01T12:00:00Z'], ['soon']],
  ] as const)('the setting %s accepts %j and refuses %j', (name, valid, invalid) => {
    for (const text of valid) expect(() => readConfig({ [name]: text }), text).not.toThrow();
    for (const text of invalid) expect(messageFor({ [name]: text }), text).toContain(`setting ${name} (`);
  });

  it('one invalid setting is reported in one line with the values that are allowed', () => {
    expect(messageFor({ port: 'high' })).toBe(
      'setting port (--port, ASOF_PORT) must be a whole number from 0 to 65535, not "high"',
    );
  });

  it('all invalid settings are reported together, from options and the environment, without secrets', () => {
    const environment = { ASOF_LOG_LEVEL: 'loud', ASOF_API_KEYS: 'my-secret', ASOF_BODY_BYTES_MAX: 'many' };
    expect(messageFor({ port: '65536' }, environment)).toBe(
      [
        '4 settings are invalid:',
        'setting port (--port, ASOF_PORT) must be a whole number from 0 to 65535, not "65536"',
        'setting apiKeys (--api-keys, ASOF_API_KEYS) must be scope:key, separated by commas, with the scope read, ingest or admin',
        'setting logLevel (--log-level, ASOF_LOG_LEVEL) must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
        'setting bodyBytesMax (--body-bytes-max, ASOF_BODY_BYTES_MAX) must be a size of more than 0 bytes, like 500kB, 8MB or 4GB, not "many"',
      ].join('\n  '),
    );
  });
});
