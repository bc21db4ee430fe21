import fc from 'fast-check';
import { expect, it } from 'vitest';
import { oncePerKey } from '../../../src/web/ui/format/once-per-key.ts';

it('makes the value of each key once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.constantFrom('UTC', 'Europe/Berlin', '__proto__'), { nil: undefined })),
      (keys) => {
        const made: (string | undefined)[] = [];
        const itemOf = oncePerKey((key: string | undefined) => {
          made.push(key);
          return { key };
        });
        const values = keys.map(itemOf);
        expect(values.map(({ key }) => key)).toEqual(keys);
        expect(made).toEqual([...new Set(keys)]);
      },
    ),
  );
});
