import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PeriodCodes } from '../../../../src/domains/facts/memory/period-codes.ts';
import { createPeriods } from '../../../../src/lib/periods.ts';

const hourUs = 3_600_000_000;
const fewYears = 3 * 8766;
const instant = fc.oneof(
  // The same hours again and again, and instants at their ends.
  fc
    .tuple(fc.integer({ min: 0, max: fewYears }), fc.constantFrom(0, 1, hourUs / 2, hourUs - 1))
    .map(([hour, us]) => Date.UTC(2023, 0, 1) * 1000 + hour * hourUs + us),
  // Further from the first one than hours are remembered.
  fc.integer({ min: Date.UTC(1930, 0, 1), max: Date.UTC(2090, 0, 1) }).map((ms) => ms * 1000),
  // Hours whose number since 1970 could be taken for a position in the table.
  fc.integer({ min: 0, max: 130_000 }).map((hour) => hour * hourUs),
);

it('gives the instants of one period one code, and those of others another one', () => {
  const grain = fc.constantFrom('MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR');
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns');
  fc.assert(
    fc.property(grain, zone, fc.array(instant, { maxLength: 60 }), (name, timeZone, instants) => {
      const codes = new PeriodCodes(name, timeZone);
      const periods = createPeriods(name, timeZone);
      const known: number[] = [];
      for (const atUs of [...instants, ...instants.map((each) => each + 1), ...instants]) {
        const startUs = periods.startOf(atUs);
        if (!known.includes(startUs)) known.push(startUs);
        const code = codes.codeAt(atUs);
        expect([code, codes.startOf(code)]).toEqual([known.indexOf(startUs), startUs]);
      }
    }),
    { numRuns: 150 },
  );
});

it('gives the instants of a block the codes that each has alone, also in the first block', () => {
  const early = fc.integer({ min: 0, max: 131_071 }).map((hour) => hour * hourUs);
  fc.assert(
    fc.property(fc.array(fc.oneof(early, early, instant), { maxLength: 60 }), (instants) => {
      // The second one is at the position that the first one has in the table.
      const block = Float64Array.of(50_000 * hourUs, 65_536 * hourUs, ...instants);
      const [codes, alone] = [new PeriodCodes('DAY', 'UTC'), new PeriodCodes('DAY', 'UTC')];
      const found = new Uint32Array(block.length);
      for (let round = 0; round < 2; round++) {
        codes.readCodes(block, block.length, found);
        expect([...found]).toEqual(Array.from(block, (atUs) => alone.codeAt(atUs)));
      }
    }),
    { numRuns: 100 },
  );
});

it('refuses an unknown time zone', () => {
  expect(() => new PeriodCodes('DAY', 'Nowhere/Else')).toThrow('is not an IANA time zone');
});
