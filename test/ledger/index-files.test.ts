import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { indexFilesOf, indexFolder, problemsOfIndexFiles } from '../../src/ledger/index-files/index-files.ts';
import { UnusableFile, withIndexFile } from '../../src/ledger/index-files/read-file.ts';
import { perform } from '../support/any-writes.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { indexedAnswers, indexedWrite, performIndexed } from '../support/index-file-answers.ts';
import { dataFolder } from '../support/store.ts';

/** A server that writes no file, and one that writes one when it stops. */
const never = { indexFileRecords: '0', indexFileStopRecords: '0' };
const onStop = { indexFileRecords: '0', indexFileStopRecords: '1' };

const used = ({ app }: OpenApp): number => app.ledger.rebuild?.fromFile ?? expect.fail('not built');

/** What a server without an index file answers. */
const rebuiltAnswers = async (data: string, sequences: readonly (number | undefined)[]): Promise<unknown[]> => {
  const copy = join(data, '../copy');
  mkdirSync(copy);
  for (const name of readdirSync(data))
    if (/^asof\.(sqlite|mark)/.test(name)) copyFileSync(join(data, name), join(copy, name));
  const opened = await openApp({ data: copy, settings: never });
  expect(used(opened)).toBe(0);
  const answers = [];
  for (const sequence of sequences) answers.push(await indexedAnswers(opened, sequence));
  await opened.close();
  rmSync(copy, { recursive: true });
  return answers;
};

it('a server that starts from an index file answers as one that reads every record, now and after further writes', async () => {
  const writes = fc.array(indexedWrite, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(writes, writes, writes, async (before, between, after) => {
      const data = join(dataFolder(), 'data');
      let number = 0;
      const write = async (opened: OpenApp, list: typeof before): Promise<void> => {
        for (const each of list) await performIndexed(opened, each, number++);
      };
      const first = await openApp({ data, settings: onStop });
      await write(first, before);
      const { sequence } = first.app.ledger.snapshot();
      await first.close();
      // Like one that is killed, it leaves the file of before.
      const killed = await openApp({ data, settings: never });
      await write(killed, between);
      await killed.close();
      const started = await openApp({ data, settings: onStop });
      expect(used(started)).toBe(sequence);
      const sequences = [undefined, Math.ceil(sequence / 2), sequence];
      const compare = async (): Promise<void> => {
        const expected = await rebuiltAnswers(data, sequences);
        for (const [index, each] of sequences.entries())
          expect(await indexedAnswers(started, each)).toEqual(expected[index]);
      };
      await compare();
      await write(started, after);
      await compare();
      await started.close();
      const again = await openApp({ data, settings: never });
      expect(used(again)).toBe(again.app.ledger.snapshot().sequence);
      expect(await indexedAnswers(again)).toEqual((await rebuiltAnswers(data, [undefined]))[0]);
      await again.close();
    }),
    { numRuns: 6 },
  );
}, 240_000);

/** A data folder with an index file, and what is answered from it. */
const withFile = async (userId = 'b') => {
  const data = join(dataFolder(), 'data');
  const opened = await openApp({ data, settings: onStop });
  await perform(opened, { kind: 'status', userId, day: '2020-06-01', status: 'paying' }, 1);
  await perform(opened, { kind: 'purchase', userId, day: '2020-06-02', host: 1, price: 5 }, 2);
  const answers = await indexedAnswers(opened);
  await opened.close();
  const [path] = await indexFilesOf(data);
  return { data, answers, path: path ?? expect.fail('no index file') };
};

const readAll = async (path: string): Promise<void> =>
  withIndexFile(path, async ({ columns }) => {
    for await (const _column of columns());
  });

/** Starts a server that must ignore the file; returns what it has logged about it. */
const startWithout = async (data: string, answers: unknown): Promise<string[]> => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const opened = await openApp({ data, settings: never, log });
  expect(used(opened)).toBe(0);
  expect(await indexedAnswers(opened)).toEqual(answers);
  await opened.close();
  return lines
    .map((line) => JSON.parse(line) as { msg: string; reason: string })
    .flatMap(({ msg, reason }) => (msg === 'an index file is ignored' ? [reason] : []));
};

describe('an index file', () => {
  it('is refused when any byte is changed, and when it is cut anywhere', async () => {
    const { path } = await withFile();
    const bytes = readFileSync(path);
    await readAll(path);
    const positions = Array.from({ length: 64 }, (_, index) => Math.floor((index * bytes.length) / 64));
    for (const position of [...positions, bytes.length - 1, bytes.length - 20, bytes.length - 48]) {
      const flipped = Buffer.from(bytes);
      flipped[position] = (flipped[position] as number) ^ (1 << (position % 8));
      writeFileSync(path, flipped);
      await expect(readAll(path), `byte ${position}`).rejects.toThrow(UnusableFile);
      writeFileSync(path, bytes.subarray(0, position));
      await expect(readAll(path), `cut at ${position}`).rejects.toThrow(UnusableFile);
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(1)]));
    await expect(readAll(path)).rejects.toThrow(UnusableFile);
  });

  it('whose trailer has a damaged length is refused before so much of it is read', async () => {
    const { data, path, answers } = await withFile();
    const trailer = Buffer.from(readFileSync(path).subarray(-48));
    // Without blocks on the disk, and larger than any buffer.
    const size = 2 ** 35;
    truncateSync(path, size - trailer.length);
    trailer.writeBigUInt64BE(BigInt(size - 1000));
    appendFileSync(path, trailer);
    expect(await startWithout(data, answers)).toEqual(['it is cut']);
  });

  it('that is damaged, of another ledger or of the future is ignored with one line, and replaced at the next stop', async () => {
    const { data, answers, path } = await withFile();
    const other = await withFile('c');
    const bytes = readFileSync(path);
    writeFileSync(
      path,
      Buffer.concat([bytes.subarray(0, 200), Buffer.from([(bytes[200] as number) ^ 1]), bytes.subarray(201)]),
    );
    expect(await startWithout(data, answers)).toEqual([expect.stringMatching(/^its column .* is damaged$/)]);
    copyFileSync(other.path, path);
    expect(await startWithout(data, answers)).toEqual(['it is of another state of the ledger']);
    const later = await openApp({ data: other.data, settings: { indexFileRecords: '0', indexFileStopRecords: '1' } });
    await perform(later, { kind: 'profile', userId: 'c', country: 'DE' }, 3);
    await later.close();
    const [future] = await indexFilesOf(other.data);
    copyFileSync(future as string, path);
    expect(await startWithout(data, answers)).toEqual(['it is of another state of the ledger']);
    const opened = await openApp({ data, settings: onStop });
    await perform(opened, { kind: 'profile', userId: 'b', country: 'SE' }, 4);
    await opened.close();
    const again = await openApp({ data, settings: never });
    expect(used(again)).toBe(3);
    expect(await indexFilesOf(data)).toHaveLength(1);
    await again.close();
  });

  it('is not used with other settings than it was built with', async () => {
    const { data, answers } = await withFile();
    const opened = await openApp({ data, settings: { ...never, lateAfterMs: '1' } });
    expect(used(opened)).toBe(0);
    expect(await indexedAnswers(opened)).toEqual(answers);
    await opened.close();
  });

  it('is written while the server runs, again after so many records, and the one before is removed', async () => {
    const data = join(dataFolder(), 'data');
    const opened = await openApp({ data, settings: { indexFileRecords: '2', indexFileStopRecords: '0' } });
    const names = async () => (await indexFilesOf(data)).map((path) => Number(path.slice(-24, -8)));
    for (let number = 1; number <= 5; number++) {
      await perform(opened, { kind: 'status', userId: 'a', day: `2020-06-0${number}`, status: 'paying' }, number);
      if (number % 2 === 0) await expect.poll(names).toEqual([number]);
    }
    await opened.close();
    expect(readdirSync(indexFolder(data))).toEqual(['0000000000000004.indices']);
  });

  it('of before an erasure is ignored, named by a check, and removed once the erasure is complete', async () => {
    const { data, path } = await withFile();
    const opened = await openApp({ data, settings: never });
    const problems = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const problem of problemsOfIndexFiles(data, opened.app.store)) found.push(problem);
      return found;
    };
    expect(await problems()).toEqual([]);
    const erasure = await opened.app.domains.eraser.find({ userId: 'b', rows: [] });
    await erasure.erase();
    expect(await problems()).toEqual([
      `index file: ${path} cannot be used, it is of another state of the ledger; remove it, the next start does without it`,
    ]);
    await opened.close();
    const again = await openApp({ data, settings: never });
    expect(used(again)).toBe(0);
    expect(again.app.domains.users.codes.size).toBe(0);
    expect(await indexFilesOf(data)).toEqual([]);
    await again.close();
  });

  it('that a killed server left half-written does no harm', async () => {
    const { data, answers, path } = await withFile();
    const half = readFileSync(path).subarray(0, 300);
    writeFileSync(`${path}.99.part`, half);
    const opened = await openApp({ data, settings: never });
    expect(used(opened)).toBe(2);
    expect(await indexedAnswers(opened)).toEqual(answers);
    await opened.close();
  });

  it('that cannot be written leaves the server as it is', async () => {
    const data = join(dataFolder(), 'data');
    const opened = await openApp({ data, settings: { indexFileRecords: '1', indexFileStopRecords: '0' } });
    appendFileSync(indexFolder(data), 'a file where the folder should be');
    await perform(opened, { kind: 'status', userId: 'a', day: '2020-06-01', status: 'paying' }, 1);
    await opened.close();
    const again = await openApp({ data, settings: never });
    expect(again.app.ledger.snapshot().sequence).toBe(1);
    await again.close();
  });
});
