import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { createTerminal } from '../../src/cli/terminal.ts';

const opened = () => {
  const stdout = new PassThrough({ highWaterMark: 4 });
  const host = {
    env: {},
    stdin: Readable.from([]),
    stdout,
    stderr: new PassThrough(),
    on: () => undefined,
    off: () => undefined,
  };
  return { stdout, terminal: createTerminal(host) };
};

it('the terminal waits for a slow reader and leaves no listeners behind', async () => {
  const { stdout, terminal } = opened();
  const printed = (async () => {
    for (let line = 0; line < 50; line++) await terminal.print(`line ${line}`, 'and one');
    const listeners = ['drain', 'close', 'error'].map((name) => stdout.listenerCount(name));
    stdout.end();
    return listeners;
  })();
  expect((await text(stdout)).split('\n')).toHaveLength(101);
  expect(Math.max(...(await printed))).toBeLessThan(5);
});

it('the terminal ignores output after its reader has closed the pipe', async () => {
  const { stdout, terminal } = opened();
  const printed = terminal.print('a line that fills it');
  stdout.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  await printed;
  expect(terminal.isOutputOpen).toBe(false);
  await terminal.print('never read');
});
