import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EntrySets } from '../../src/lib/entry-sets.ts';

it('finds the last four entries of each set of numbers, the newest first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (keys) => {
      const sets = new EntrySets<number>(8);
      for (const key of keys) sets.add(key, key);
      for (const key of [...keys, 0, 1]) {
        const start = sets.startOf(key);
        const found = [];
        for (let index = start; index < sets.endOf(start); index++) found.push(sets.at(index));
        const added = keys.filter((each) => (each & 1) === (key & 1)).reverse();
        expect(found.filter((each) => each !== undefined)).toEqual(added.slice(0, 4));
      }
    }),
  );
});
