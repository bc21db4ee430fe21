import { expect, it } from 'vitest';
import { GroupKeys } from '../../../src/domains/facts/group-keys.ts';

const groupsOf = (count: number, numbering?: object) => ({
  counts: new Uint32Array(count).fill(1),
  numbering,
  valueOf: (group: number, index: number) => (index === 0 ? `city-${group}` : group * 86_400_000_000),
});
const groupBy = ['CITY', 'PERIOD'] as const;
const keyOf = (group: number) => ({ CITY: `city-${group}`, PERIOD: group * 86_400_000_000 });

it('keys of groups that keep their numbers are made once, in whatever order they are read, and of later groups, too', () => {
  const keys = new GroupKeys();
  const numbering = {};
  const first = keys.of(groupsOf(4, numbering), groupBy);
  expect([3, 0, 2].map(first)).toEqual([3, 0, 2].map(keyOf));
  const later = keys.of(groupsOf(9, numbering), groupBy);
  expect([8, 3, 1, 0, 5].map(later)).toEqual([8, 3, 1, 0, 5].map(keyOf));
  expect(later(3)).toBe(first(3));
  expect(Object.isFrozen(later(8))).toBe(true);
});

it('keys of other groups are their own', () => {
  const keys = new GroupKeys();
  const [one, other, unnumbered] = [groupsOf(4, {}), groupsOf(4, {}), groupsOf(4)];
  const first = keys.of(one, groupBy)(2);
  for (const groups of [other, unnumbered, { ...unnumbered, valueOf: () => 'else' }]) {
    const key = keys.of(groups, groupBy)(2);
    expect(key).not.toBe(first);
    expect(key.CITY).toBe(groups.valueOf(2, 0));
  }
});

it('keys of very many groups are made when they are read', () => {
  const keys = new GroupKeys();
  const many = groupsOf(100_000, {});
  expect(keys.of(many, groupBy)(77_777)).toEqual(keyOf(77_777));
  expect(keys.of(many, groupBy)(77_777)).not.toBe(keys.of(many, groupBy)(77_777));
});
