import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readImage } from '../../src/sources/image.ts';
import { jpeg, png } from '../support/images.ts';

const pixelsMax = 10_000;

it('recognizes images by their bytes', async () => {
  expect(await readImage(png(7, 5, 0xff), pixelsMax)).toEqual({
    facts: { contentType: 'image/png', width: 7, height: 5 },
  });
  expect(await readImage(jpeg(), pixelsMax)).toEqual({ facts: { contentType: 'image/jpeg', width: 8, height: 8 } });
});

it('refuses files that are not images or have too many pixels', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('<svg/>'), Buffer.from('RIFF....WEBP'), Buffer.alloc(1000, 0x89)])
    expect((await readImage(bytes, pixelsMax)).fault).toBe('is neither a PNG nor a JPEG image');
  expect((await readImage(png(101, 100), pixelsMax)).fault).toBe('has 101 × 100 pixels, more than 10000');
  expect((await readImage(png(10, 10, 0, { pixels: 9 }), pixelsMax)).fault).toBe('is a PNG image with too few pixels');
  // Compressed pixels beyond the image's size are not decompressed.
  expect((await readImage(png(10, 10, 0, { pixels: 100_000 }), pixelsMax)).facts).toBeDefined();
});

it('refuses every truncated image', async () => {
  for (const whole of [png(6, 4, 0x123456), jpeg()])
    for (let length = 0; length < whole.length; length++)
      expect((await readImage(whole.subarray(0, length), pixelsMax)).fault, `${length} bytes`).toBeDefined();
});

it('detects a changed byte of a PNG and terminates for arbitrary bytes', async () => {
  const whole = png(6, 4, 0x123456);
  for (let index = 0; index < whole.length; index++) {
    const changed = Buffer.from(whole);
    changed[index] = (changed[index] as number) ^ 0x41;
    expect((await readImage(changed, pixelsMax)).fault, `byte ${index}`).toBeDefined();
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(png(2, 2), jpeg()),
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(60),
      async (image, noise, from) => {
        const bytes = Buffer.concat([image.subarray(0, from), Buffer.from(noise)]);
        const { facts, fault } = await readImage(bytes, pixelsMax);
        expect((facts === undefined) !== (fault === undefined)).toBe(true);
      },
    ),
  );
});
