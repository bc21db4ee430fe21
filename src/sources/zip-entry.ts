import { crc32, createInflateRaw } from 'node:zlib';
import { chunkSize, pipeThrough } from './inflate.ts';
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

/** A file as the directory at the end of an archive lists it. */
interface Listed {
  readonly name: string;
  readonly crc: number;
}

/**
 * The content of a zip archive of one file, as it comes; folders, and what macOS adds, do not count. What the archive
 * holds is told at its end only: throws NOT_A_TABLE when that is more than one file, one that is encrypted or packed in
 * another way, or damaged.
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
    if (files[0]?.crc !== crc) throw notATable('the archive is damaged: its checksum is another');
  } finally {
    await archive.close();
  }
}

const firstFile = async (archive: Reader): Promise<{ readonly method: number; readonly compressedBytes: number }> => {
  for (;;) {
    const header = await archive.take(localHeaderBytes);
    if (header.readUInt32LE(0) !== localSignature) throw notATable('the archive holds no file');
    const flags = header.readUInt16LE(6);
    const method = header.readUInt16LE(8);
    const compressedBytes = header.readUInt32LE(18);
    const name = await archive.take(header.readUInt16LE(26));
    await archive.take(header.readUInt16LE(28));
    if (isFile(name.toString('latin1'))) {
      const isSizeKnown = (flags & 8) === 0 && compressedBytes !== 0xffffffff;
      if ((flags & 1) !== 0) throw notATable('the file in the archive is encrypted');
      if (method === deflated || (method === stored && isSizeKnown)) return { method, compressedBytes };
      throw notATable('the file in the archive is packed in a way that is not read; deflate is');
    }
    if ((flags & 8) !== 0) throw notATable('the archive does not begin with its file');
    await archive.take(compressedBytes);
  }
};

const isFile = (name: string): boolean => !name.endsWith('/') && !name.startsWith('__MACOSX/');

/** The files in the directory at the end of an archive; `tail` are its last bytes. */
const listedFiles = (tail: Buffer): Listed[] => {
  const damaged = () => notATable('the archive is damaged or breaks off');
  let end = tail.length - endBytes;
  while (
    end >= 0 &&
    !(tail.readUInt32LE(end) === endSignature && tail.readUInt16LE(end + 20) === tail.length - end - endBytes)
  )
    end--;
  if (end < 0) throw damaged();
  const entries = tail.readUInt16LE(end + 10);
  let place = end - tail.readUInt32LE(end + 12);
  if (place < 0) throw notATable(`the archive holds ${entries} files; it must hold one`);
  const files: Listed[] = [];
  for (let entry = 0; entry < entries; entry++) {
    if (place + directoryHeaderBytes > end || tail.readUInt32LE(place) !== directorySignature) throw damaged();
    const nameBytes = tail.readUInt16LE(place + 28);
    const nameStart = place + directoryHeaderBytes;
    const name = tail.toString('latin1', nameStart, nameStart + nameBytes);
    if (isFile(name)) files.push({ name, crc: tail.readUInt32LE(place + 16) });
    place = nameStart + nameBytes + tail.readUInt16LE(place + 30) + tail.readUInt16LE(place + 32);
  }
  return files;
};

interface Reader {
  /** So many bytes; throws NOT_A_TABLE when there are fewer. */
  take(length: number): Promise<Buffer>;
  /** The next bytes as they come, all or so many; throws when there are fewer. */
  next(length?: number): AsyncGenerator<Uint8Array>;
  /** Reads to the end and gives the last bytes of all, enough for a directory of some hundred files. */
  rest(): Promise<Buffer>;
  close(): Promise<void>;
}

const tailBytes = 2 * (commentBytesMax + endBytes);

const createReader = (chunks: AsyncIterable<Uint8Array>): Reader => {
  const parts = chunks[Symbol.asyncIterator]();
  const breaksOff = () => notATable('the archive breaks off');
  let held: Buffer = Buffer.alloc(0);
  let tail: Buffer[] = [];
  let tailLength = 0;

  /** Inflating reads ahead of the end of its file: what was read is kept here, whoever asked for it. */
  const pull = async (): Promise<Buffer | undefined> => {
    const { done, value } = await parts.next();
    if (done) return undefined;
    const part = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    tail.push(part);
    tailLength += part.length;
    if (tailLength > 2 * tailBytes && tail.length > 1) {
      tail = [Buffer.concat(tail).subarray(-tailBytes)];
      tailLength = tailBytes;
    }
    return part;
  };

  return {
    async take(length) {
      while (held.length < length) {
        const part = await pull();
        if (!part) throw breaksOff();
        held = Buffer.concat([held, part]);
      }
      const taken = held.subarray(0, length);
      held = held.subarray(length);
      return taken;
    },
    async *next(length = Number.POSITIVE_INFINITY) {
      let left = length;
      while (left > 0) {
        const part = held.length > 0 ? held : await pull();
        if (!part && left === Number.POSITIVE_INFINITY) return;
        if (!part) throw breaksOff();
        held = part.subarray(Math.min(left, part.length));
        left -= part.length - held.length;
        yield part.subarray(0, part.length - held.length);
      }
    },
    async rest() {
      while (await pull()) {
        // Only the last of it is of use.
      }
      return Buffer.concat(tail).subarray(-tailBytes);
    },
    async close() {
      await parts.return?.();
    },
  };
};
