import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';

describe('settings', () => {
  it('read hosts that links may name', () => {
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
  ])('refuse %j for a host, naming the setting', (importAllow) => {
    expect(() => readConfig({ importAllow })).toThrow(/setting importAllow \(ASOF_IMPORT_ALLOW\)/);
  });

  it('keep API keys as their digests only', () => {
    const { apiKeys } = readConfig({}, { ASOF_API_KEYS: 'read:abc,ingest:a:b=c,' });
    expect(apiKeys).toEqual([
      { scope: 'read', digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
      { scope: 'ingest', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });
});
