import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createUuidTable } from '../../src/indices/uuid-table.ts';

const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');

/** UUIDs that differ in one of their words only, so that they collide where that word is not hashed or compared. */
const similar = fc.tuple(fc.nat(3), fc.nat(20)).map(([word, value]) => {
  const digits = [0, 1, 2, 3].map((place) => hex(place === word ? value * 0x0fff_ffff : 0, 8)).join('');
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
});

it('gives every distinct UUID a dense place in the order of first sight', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(similar, fc.uuid()), { maxLength: 300 }), (uuids) => {
      const table = createUuidTable();
      const places = new Map<string, number>();
      for (const uuid of uuids) {
        expect(table.codeOf(uuid)).toBe(places.get(uuid) ?? -1);
        if (!places.has(uuid)) places.set(uuid, places.size);
        expect(table.intern(uuid)).toBe(places.get(uuid));
      }
      expect(table.size).toBe(places.size);
    }),
  );
});

it.each([
  ['random', () => randomUUID()],
  ['counted in the last word', (place: number) => `00000000-0000-4000-8000-${hex(place, 12)}`],
  ['counted in the first word', (place: number) => `${hex(place, 8)}-0000-4000-8000-000000000000`],
])('keeps its places while it grows: %s', (_name, uuidOf) => {
  const table = createUuidTable();
  const uuids = Array.from({ length: 100_000 }, (_, place) => uuidOf(place));
  expect(uuids.filter((uuid, place) => table.intern(uuid) !== place)).toEqual([]);
  expect(uuids.filter((uuid, place) => table.codeOf(uuid) !== place)).toEqual([]);
  expect(uuids.filter((uuid, place) => table.intern(uuid) !== place)).toEqual([]);
  expect(table.size).toBe(uuids.length);
  expect(table.byteLength / uuids.length).toBeLessThan(30);
});
