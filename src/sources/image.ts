import { Readable } from 'node:stream';
import { crc32, createInflate, inflateSync } from 'node:zlib';

/** An image as its bytes tell it, whatever its name says. */
export interface ImageFacts {
  readonly contentType: 'image/png' | 'image/jpeg';
  readonly width: number;
  readonly height: number;
}

/** The facts of a valid image, or why it is invalid. */
export type ImageOutcome =
  | { readonly facts: ImageFacts; readonly fault?: never }
  | { readonly fault: string; readonly facts?: never };

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const jpegSignature = Buffer.from([0xff, 0xd8, 0xff]);

/**
 * Checks a whole image: of a PNG every chunk, its checksum and the compressed pixels, of a JPEG every marker up to its
 * end. Never decodes more than `pixelsMax` pixels.
 */
export const readImage = async (bytes: Buffer, pixelsMax: number): Promise<ImageOutcome> => {
  const isPng = bytes.subarray(0, 8).equals(pngSignature);
  if (!isPng && !bytes.subarray(0, 3).equals(jpegSignature)) return { fault: 'is neither a PNG nor a JPEG image' };
  const size = await sizeOf(bytes);
  if (!size || size.width === 0 || size.height === 0) return { fault: 'is an image whose size cannot be read' };
  const { width, height } = size;
  if (width * height > pixelsMax) return { fault: `has ${width} × ${height} pixels, more than ${pixelsMax}` };
  const fault = isPng ? await pngFault(bytes) : jpegFault(bytes);
  return fault === null ? { facts: { contentType: isPng ? 'image/png' : 'image/jpeg', width, height } } : { fault };
};

const sizeOf = async (bytes: Buffer): Promise<{ width: number; height: number } | null> => {
  // Loaded when it is needed: most commands read no images.
  const { imageSize } = await import('image-size');
  try {
    return imageSize(bytes);
  } catch {
    return null;
  }
};

/** Up to this size images are decompressed at once, because creating a stream costs more. */
const bytesAtOnceMax = 100_000;

const unpackedAtOnce = (packed: Buffer, bytesMax: number): number => {
  try {
    return inflateSync(packed, { maxOutputLength: bytesMax }).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    return bytesMax;
  }
};

/** The decompressed size; it stops a little over `bytesMax` and retains no output. */
const unpackedBytes = async (packed: readonly Buffer[], bytesMax: number): Promise<number> => {
  if (bytesMax <= bytesAtOnceMax) return unpackedAtOnce(Buffer.concat(packed), bytesMax);
  const unpacked = Readable.from(packed).compose(createInflate());
  let bytes = 0;
  for await (const part of unpacked as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bytesMax) break;
  }
  return bytes;
};

/** Samples per pixel by colour type (PNG, 3rd edition, section 11.2.1). */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The seven passes of an interlaced image (Adam7): the start of each, and its steps. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Why a file that starts as PNG is broken; null when it is valid. */
const pngFault = async (bytes: Buffer): Promise<string | null> => {
  const pixels: Buffer[] = [];
  let header: Buffer | undefined;
  for (let at = pngSignature.length; ; ) {
    const length = at + 12 <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    const end = at + 12 + length;
    if (end > bytes.length) return 'is a PNG image that ends too early';
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      return `is a PNG image whose ${JSON.stringify(type)} chunk has a wrong checksum`;
    const data = bytes.subarray(at + 8, end - 4);
    if (type === 'IHDR') header = data;
    if (type === 'IDAT') pixels.push(data);
    if (type === 'IEND') break;
    at = end;
  }
  const expected = header?.length === 13 ? pngBytesOf(header) : null;
  if (expected === null) return 'is a PNG image with a wrong header';
  try {
    const unpacked = await unpackedBytes(pixels, expected);
    return unpacked < expected ? 'is a PNG image with too few pixels' : null;
  } catch {
    return 'is a PNG image whose pixels cannot be decompressed';
  }
};

/** Bytes of the filtered, uncompressed pixels; null for an invalid combination of colour type and bit depth. */
const pngBytesOf = (header: Buffer): number | null => {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth = 0, colour = 0, , , interlace] = header.subarray(8);
  const samples = samplesOf[colour];
  if (samples === undefined || ![1, 2, 4, 8, 16].includes(depth)) return null;
  const bytesOf = (columns: number, rows: number): number =>
    columns === 0 || rows === 0 ? 0 : rows * (1 + Math.ceil((columns * samples * depth) / 8));
  if (interlace !== 1) return bytesOf(width, height);
  const sizes = passes.map(([x, y, dx, dy]) =>
    bytesOf(Math.max(0, Math.ceil((width - x) / dx)), Math.max(0, Math.ceil((height - y) / dy))),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Why a file that starts as JPEG is broken; null when it has all markers up to its end (ITU-T T.81, annex B). */
const jpegFault = (bytes: Buffer): string | null => {
  const early = 'is a JPEG image that ends too early';
  let hasScan = false;
  for (let at = 2; at + 1 < bytes.length; ) {
    if (bytes[at] !== 0xff) return 'is a JPEG image with a broken segment';
    const marker = bytes[at + 1] as number;
    if (marker === 0xd9) return hasScan ? null : 'is a JPEG image without pixels';
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (at + 4 > bytes.length) return early;
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) return 'is a JPEG image with a broken segment';
    at += 2 + length;
    if (marker !== 0xda) continue;
    hasScan = true;
    at = scanEnd(bytes, at);
  }
  return early;
};

/** Where the compressed pixels after `from` end: at a marker that is neither a stuffed byte nor a restart. */
const scanEnd = (bytes: Buffer, from: number): number => {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) break;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
};
