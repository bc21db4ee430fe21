import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLog } from '../../src/cli/log.ts';
import { readConfig } from '../../src/config.ts';
import { folder, serve } from './asof-process.ts';

it('the log is readable on a terminal and respects the minimum level', async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const log = await createLog(readConfig({ logLevel: 'info' }), { stderr });
  log.debug('hidden');
  log.info({ file: 'a.csv' }, 'imported');
  const text = String(stderr.read());
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: imported\n {4}file: "a\.csv"\n$/);
});

it('the log is JSON without a terminal, and its debug lines report how a server starts and stops', async () => {
  const server = await serve(['--data', await folder(), '--log-level', 'debug']);
  expect(await server.stop()).toBe(0);
  const lines = server.output.stderr.trimEnd().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toEqual(expect.arrayContaining(['opened the data folder', 'listening', 'ready', 'stopping']));
});
