import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createUuidTable } from '../../src/indices/uuid-table.ts';

const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');

/** UUIDs that differ in one of their words only, so that they collide where that word is not hashed or compared. */
const similar = fc.tuple(fc.nat(3), fc.nat(20)).map(([word, value]) => {
  const digits = [0, 1, 2, 3].map((code) => hex(code === word ? value * 0x0fff_ffff : 0, 8)).join('');
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
});

it('the UUID table assigns every distinct UUID a dense code in the order of first use', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(similar, fc.uuid()), { maxLength: 300 }), (uuids) => {
      const table = createUuidTable();
      const codes = new Map<string, number>();
      for (const uuid of uuids) {
        expect(table.codeOf(uuid)).toBe(codes.get(uuid) ?? -1);
        if (!codes.has(uuid)) codes.set(uuid, codes.size);
        expect(table.intern(uuid)).toBe(codes.get(uuid));
      }
      expect(table.size).toBe(codes.size);
    }),
  );
});

it.each([
  ['random', () => randomUUID()],
  ['counted in the last word', (code: number) => `00000000-0000-4000-8000-${hex(code, 12)}`],
  ['counted in the first word', (code: number) => `${hex(code, 8)}-0000-4000-8000-000000000000`],
])('the UUID table keeps its codes while it grows: %s', (_name, uuidOf) => {
  const table = createUuidTable();
  const uuids = Array.from({ length: 100_000 }, (_, code) => uuidOf(code));
  expect(uuids.filter((uuid, code) => table.intern(uuid) !== code)).toEqual([]);
  expect(uuids.filter((uuid, code) => table.codeOf(uuid) !== code)).toEqual([]);
  expect(uuids.filter((uuid, code) => table.intern(uuid) !== code)).toEqual([]);
  expect(table.size).toBe(uuids.length);
  expect(table.byteLength / uuids.length).toBeLessThan(30);
});
