import { crc32, createInflateRaw } from 'node:zlib';
import { chunkSize, pipeThrough } from '../lib/inflate.ts';
import { notATable } from './source.ts';

/** Sizes and signatures of PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. */
const localHeaderBytes = 30;
const directoryHeaderBytes = 46;
const endBytes = 22;
const commentBytesMax = 65_535;
const localSignature = 0x04034b50;
const directorySignature = 0x02014b50;
const endSignature = 0x06054b50;

const stored = 0;
const deflated = 8;

/** A file in the directory at the end of an archive. */
interface Listed {
  readonly name: string;
  readonly crc: number;
}

/**
 * Streams the content of a zip archive of one file; folders and the entries that macOS adds do not count. Only the end of
 * an archive lists its files: throws NOT_A_TABLE when there are several, when the file is encrypted or compressed with an
 * unsupported method, and when the archive is damaged.
 */
export async function* unzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const archive = createReader(chunks);
  try {
    const { method, compressedBytes } = await firstFile(archive);
    let crc = 0;
    const content =
      method === stored ? archive.next(compressedBytes) : pipeThrough(archive.next(), createInflateRaw({ chunkSize }));
    for await (const chunk of content) {
      crc = crc32(chunk, crc);
      yield chunk;
    }
    const files = listedFiles(await archive.rest());
    if (files.length !== 1) throw notATable(`the archive holds ${files.length} files; it must hold one`);
    if (files[0]?.crc !== crc) throw notATable('the archive is damaged: its checksum does not match');
  } finally {
    await archive.close();
  }
}

const firstFile = async (archive: Reader): Promise<{ readonly method: number; readonly compressedBytes: number }> => {
  for (;;) {
    const header = await archive.readBytes(localHeaderBytes);
    if (header.readUInt32LE(0) !== localSignature) throw notATable('the archive holds no file');
    const flags = header.readUInt16LE(6);
    const method = header.readUInt16LE(8);
    const compressedBytes = header.readUInt32LE(18);
    const name = await archive.readBytes(header.readUInt16LE(26));
    await archive.readBytes(header.readUInt16LE(28));
    if (isFile(name.toString('latin1'))) {
      const isSizeKnown = (flags & 8) === 0 && compressedBytes !== 0xffffffff;
      if ((flags & 1) !== 0) throw notATable('the file in the archive is encrypted');
      if (method === deflated || (method === stored && isSizeKnown)) return { method, compressedBytes };
      throw notATable('the file in the archive is compressed with an unsupported method; use deflate');
    }
    if ((flags & 8) !== 0) throw notATable('the archive does not start with its file');
    await archive.readBytes(compressedBytes);
  }
};

const isFile = (name: string): boolean => !name.endsWith('/') && !name.startsWith('__MACOSX/');

/** The files in the directory at the end of an archive; `ending` are its last bytes. */
const listedFiles = (ending: Buffer): Listed[] => {
  const damaged = () => notATable('the archive is damaged or truncated');
  let end = ending.length - endBytes;
  while (
    end >= 0 &&
    !(ending.readUInt32LE(end) === endSignature && ending.readUInt16LE(end + 20) === ending.length - end - endBytes)
  )
    end--;
  if (end < 0) throw damaged();
  const entries = ending.readUInt16LE(end + 10);
  let offset = end - ending.readUInt32LE(end + 12);
  if (offset < 0) throw notATable(`the archive holds ${entries} files; it must hold one`);
  const files: Listed[] = [];
  for (let entry = 0; entry < entries; entry++) {
    if (offset + directoryHeaderBytes > end || ending.readUInt32LE(offset) !== directorySignature) throw damaged();
    const nameBytes = ending.readUInt16LE(offset + 28);
    const nameStart = offset + directoryHeaderBytes;
    const name = ending.toString('latin1', nameStart, nameStart + nameBytes);
    if (isFile(name)) files.push({ name, crc: ending.readUInt32LE(offset + 16) });
    offset = nameStart + nameBytes + ending.readUInt16LE(offset + 30) + ending.readUInt16LE(offset + 32);
  }
  return files;
};

interface Reader {
  /** This many bytes; throws NOT_A_TABLE when there are fewer. */
  readBytes(length: number): Promise<Buffer>;
  /** Streams the next bytes, all or this many; throws when there are fewer. */
  next(length?: number): AsyncGenerator<Uint8Array>;
  /** Reads to the end and returns the last bytes, enough for a directory of some hundred files. */
  rest(): Promise<Buffer>;
  close(): Promise<void>;
}

const endingBytes = 2 * (commentBytesMax + endBytes);

const createReader = (chunks: AsyncIterable<Uint8Array>): Reader => {
  const parts = chunks[Symbol.asyncIterator]();
  const truncated = () => notATable('the archive is truncated');
  let buffered: Buffer = Buffer.alloc(0);
  let ending: Buffer[] = [];
  let endingLength = 0;

  /** Inflating reads past the end of its file, so the last bytes are retained for every reader. */
  const pull = async (): Promise<Buffer | undefined> => {
    const { done, value } = await parts.next();
    if (done) return undefined;
    const part = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    ending.push(part);
    endingLength += part.length;
    if (endingLength > 2 * endingBytes && ending.length > 1) {
      ending = [Buffer.concat(ending).subarray(-endingBytes)];
      endingLength = endingBytes;
    }
    return part;
  };

  return {
    async readBytes(length) {
      while (buffered.length < length) {
        const part = await pull();
        if (!part) throw truncated();
        buffered = Buffer.concat([buffered, part]);
      }
      const bytes = buffered.subarray(0, length);
      buffered = buffered.subarray(length);
      return bytes;
    },
    async *next(length = Number.POSITIVE_INFINITY) {
      let left = length;
      while (left > 0) {
        const part = buffered.length > 0 ? buffered : await pull();
        if (!part && left === Number.POSITIVE_INFINITY) return;
        if (!part) throw truncated();
        buffered = part.subarray(Math.min(left, part.length));
        left -= part.length - buffered.length;
        yield part.subarray(0, part.length - buffered.length);
      }
    },
    async rest() {
      while (await pull()) {
        // Only the last bytes are needed.
      }
      return Buffer.concat(ending).subarray(-endingBytes);
    },
    async close() {
      await parts.return?.();
    },
  };
};
