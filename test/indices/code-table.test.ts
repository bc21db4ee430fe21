import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodeTable } from '../../src/indices/code-table.ts';

/** Few, so that many repeat, and any. */
const codes = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: 0, max: 2 ** 32 - 1 })), { maxLength: 500 });

describe('CodeTable', () => {
  it('numbers distinct codes in the order of first use', () => {
    fc.assert(
      fc.property(codes, codes, (added, others) => {
        const table = new CodeTable();
        const model = [...new Set(added)];
        for (const code of added) expect(table.intern(code)).toBe(model.indexOf(code));
        expect(table.size).toBe(model.length);
        expect(model.map((_code, index) => table.codeAt(index))).toEqual(model);
        for (const code of [...added, ...others]) {
          const index = model.indexOf(code);
          expect(table.indexOf(code)).toBe(index < 0 ? undefined : index);
        }
        expect(table.size).toBe(model.length);
      }),
    );
  });

  it('finds each of many dense codes, in at most 20 bytes each', () => {
    const table = new CodeTable();
    const count = 100_000;
    for (let index = 0; index < count; index++) table.intern(count - index);
    let wrong = 0;
    for (let index = 0; index < count; index++) if (table.indexOf(count - index) !== index) wrong++;
    expect(wrong).toBe(0);
    expect(table.byteLength / count).toBeLessThan(20);
  });
});
