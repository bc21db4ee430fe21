import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpack } from '../../src/sources/decompress.ts';
import { type ZipEntry, zipOf } from '../support/zip.ts';

const csv = 'id,name\n1,Füchse\n2,猫\n'.repeat(50);

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const unzip = async (archive: Buffer, size = 65_536): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of unpack(pieces(archive, size))) parts.push(part);
  return Buffer.concat(parts).toString();
};

describe('zip archives', () => {
  const kinds: [string, Partial<ZipEntry>][] = [
    ['deflated', {}],
    ['stored', { method: 'stored' }],
    ['deflated by a writer that cannot go back', { streamed: true }],
  ];

  it.each(kinds)('returns the content of the only file: %s', async (_kind, entry) => {
    const archive = zipOf([{ name: 'games.csv', content: csv, ...entry }], { comment: 'PK\x05\x06 is no end' });
    for (const size of [1, 7, 1000, archive.length]) expect(await unzip(archive, size)).toBe(csv);
  });

  it('ignores folders and the entries that macOS adds', async () => {
    const archive = zipOf([
      { name: 'data/', content: '', method: 'stored' },
      { name: 'data/games.csv', content: csv, streamed: true },
      { name: '__MACOSX/data/._games.csv', content: 'attributes' },
    ]);
    expect(await unzip(archive)).toBe(csv);
  });

  it('returns any content at any chunk size', async () => {
    const anyKind = fc.constantFrom<Partial<ZipEntry>>({}, { method: 'stored' }, { streamed: true });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 2000 }),
        anyKind,
        fc.integer({ min: 1, max: 50 }),
        async (content, kind, size) => {
          expect(await unzip(zipOf([{ name: 'a', content, ...kind }]), size)).toBe(Buffer.from(content).toString());
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    [
      'two files',
      zipOf([
        { name: 'a.csv', content: csv },
        { name: 'b.csv', content: csv },
      ]),
      /holds 2 files/,
    ],
    [
      'more files than the reader checks',
      zipOf(Array.from({ length: 5000 }, (_, n) => ({ name: `${n}.csv`, content: 'a' }))),
      /holds 5000 files/,
    ],
    ['only a folder', zipOf([{ name: 'a/', content: '', method: 'stored' }]), /holds no file/],
    ['an encrypted file', zipOf([{ name: 'a.csv', content: csv, encrypted: true }]), /encrypted/],
    [
      'a stored file of unknown size',
      zipOf([{ name: 'a.csv', content: csv, method: 'stored', streamed: true }]),
      /unsupported method/,
    ],
  ])('refuses %s', async (_what, archive, message) => {
    await expect(unzip(archive)).rejects.toMatchObject({
      code: 'NOT_A_TABLE',
      message: expect.stringMatching(message),
    });
  });

  it('refuses archives that are truncated anywhere or have another checksum', async () => {
    const archive = zipOf([{ name: 'a.csv', content: csv, method: 'stored' }]);
    for (let end = 5; end < archive.length; end += 13) await expect(unzip(archive.subarray(0, end))).rejects.toThrow();
    const packed = zipOf([{ name: 'a.csv', content: csv }]);
    for (let end = 5; end < packed.length; end += 13) await expect(unzip(packed.subarray(0, end))).rejects.toThrow();
    archive[100] = (archive[100] ?? 0) ^ 1;
    await expect(unzip(archive)).rejects.toMatchObject({ code: 'NOT_A_TABLE', message: /checksum/ });
  });
});
