import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { asofProcess, folder } from '../cli/asof-process.ts';
import { mountSmallDisk } from './small-disk.ts';

const start = (...args: string[]) => asofProcess(['serve', '--port', '0', '--empty', ...args]);

/** One line, whatever went wrong: no stack trace. */
const oneLine = (text: string) => expect.stringMatching(new RegExp(`^asof: [^\\n]*${text}[^\\n]*\\n$`));

it('a server that cannot start says why in one line', async () => {
  const path = await folder();
  const file = join(path, 'file');
  await writeFile(file, '');
  expect(await start('--data', file)).toMatchObject({ code: 3, stderr: oneLine('cannot be used') });
  expect(await start('--data', join(file, 'below'))).toMatchObject({ code: 3, stderr: oneLine('cannot be used') });
  expect(await start('--data', path, '--port', '70000')).toMatchObject({ code: 2, stderr: oneLine('setting port') });
  expect(
    await start('--data', path, '--host', '203.0.113.1', '--api-keys', `admin:${'0123456789abcdef'.repeat(2)}`),
  ).toMatchObject({
    code: 3,
    stderr: oneLine('cannot listen'),
  });
  expect(await start('--data', path, '--watch-folder', file)).toMatchObject({
    code: 3,
    stderr: oneLine('ENOTDIR|EEXIST'),
  });
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const used = await start('--data', path, '--port', String(port));
  expect(used).toMatchObject({ code: 3, stderr: oneLine('in use') });
});

it('a server on a folder that may not be written says so in one line', async (context) => {
  if (process.getuid?.() === 0) {
    const disk = await mountSmallDisk(10_000_000);
    if (!disk) return context.skip('a read-only disk is tested by a small tmpfs, which only root may mount');
    const data = join(disk.path, 'data');
    await mkdir(data);
    disk.makeReadOnly();
    expect(await start('--data', data)).toMatchObject({ code: 3, stderr: oneLine('cannot be used') });
    expect(await start('--data', join(disk.path, 'new'))).toMatchObject({ code: 3, stderr: oneLine('cannot be used') });
    return;
  }
  const data = await folder();
  await chmod(data, 0o500);
  expect(await start('--data', data)).toMatchObject({ code: 3, stderr: oneLine('cannot be used') });
});
