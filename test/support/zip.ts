import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content: string | Buffer;
  readonly method?: 'stored' | 'deflated';
  /** Sizes and checksum come after the content, as from a writer that cannot go back. */
  readonly streamed?: boolean;
  readonly encrypted?: boolean;
}

/** A zip archive, by PKWARE's APPNOTE. */
export const zipOf = (entries: readonly ZipEntry[], { comment = '' } = {}): Buffer => {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const add = (part: Buffer): void => {
    parts.push(part);
    offset += part.length;
  };
  for (const { name, content, method = 'deflated', streamed = false, encrypted = false } of entries) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const packed = method === 'stored' ? bytes : deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE((streamed ? 8 : 0) | (encrypted ? 1 : 0), 2);
    fields.writeUInt16LE(method === 'stored' ? 0 : 8, 4);
    const sums = Buffer.alloc(12);
    sums.writeUInt32LE(crc32(bytes), 0);
    sums.writeUInt32LE(packed.length, 4);
    sums.writeUInt32LE(bytes.length, 8);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const listed = Buffer.from(fields);
    sums.copy(listed, 10);
    if (!streamed) sums.copy(fields, 10);
    const start = offset;
    add(Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]));
    if (streamed) add(Buffer.concat([Buffer.from('PK\x07\x08'), sums]));
    const trailer = Buffer.alloc(14);
    trailer.writeUInt32LE(start, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), listed, trailer, Buffer.from(name)]));
  }
  const start = offset;
  for (const entry of directory) add(entry);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(offset - start, 8);
  end.writeUInt32LE(start, 12);
  end.writeUInt16LE(Buffer.byteLength(comment), 16);
  add(Buffer.concat([Buffer.from('PK\x05\x06'), end, Buffer.from(comment)]));
  return Buffer.concat(parts);
};
