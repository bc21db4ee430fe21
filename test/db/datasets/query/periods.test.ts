import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPeriods, type Grain, offsetsBetween } from '../../../../src/lib/periods.ts';
import { VersionFiles } from '../../../support/version-files.ts';

let files: VersionFiles;

beforeAll(async () => {
  files = await VersionFiles.open();
});

afterAll(() => files.close());

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Pacific/Apia',
];
const grains: Grain[] = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'];
const us = (text: string): number => Date.parse(text) * 1000;
const far = [us('1850-06-01T12:00:00Z'), us('2200-07-01T00:30:00Z'), us('2009-12-31T23:59:59Z')];

const textOf = (atUs: number): string => new Date(atUs / 1000).toISOString().replace('T', ' ').replace('Z', '');

/** Instants next to transitions, where periods are irregular, and far from them. */
const instantsOf = (zone: string): fc.Arbitrary<number[]> => {
  const transitions = offsetsBetween(zone, us('2008-01-01'), us('2014-01-01'))
    .map(({ start }) => start)
    .filter(Number.isFinite);
  const near = fc
    .tuple(fc.constantFrom(...transitions, us('2010-01-01')), fc.integer({ min: -3 * 86_400, max: 3 * 86_400 }))
    .map(([transition, seconds]) => transition + seconds * 1_000_000);
  const any = fc.integer({ min: us('1900-01-01') / 1e6, max: us('2040-01-01') / 1e6 }).map((second) => second * 1e6);
  return fc.array(fc.oneof({ weight: 3, arbitrary: near }, any, fc.constantFrom(...far)), {
    minLength: 1,
    maxLength: 30,
  });
};

it('groups by periods of a zone are those of its calendar', async () => {
  const cases = fc.constantFrom(...zones).chain((zone) => fc.tuple(fc.constant(zone), instantsOf(zone)));
  await fc.assert(
    fc.asyncProperty(cases, fc.constantFrom(...grains), async ([timeZone, instants], grain) => {
      const table = await files.write([{ name: 'at', type: 'DATE_TIME', cells: [...instants.map(textOf), null] }]);
      const { groups } = await files.query(table, 'groups', {
        ...{ group: { by: [{ column: 0, grain }], timeZone }, measures: [{ function: 'COUNT', column: null }] },
        ...{ filter: null, having: [], orders: [], offset: 0, limit: 100 },
      });
      const periods = createPeriods(grain, timeZone);
      const counts = new Map<string, number>();
      for (const start of instants.map((at) => periods.startOf(at)).sort((a, b) => a - b)) {
        const key = new Date(start / 1000).toISOString().replace('.000Z', 'Z');
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect(groups.map(({ key, measures }) => [key[0], measures[0]])).toEqual([...counts, [null, 1]]);
      // The rows of each group are those that it counts.
      for (const { key, measures } of groups.slice(0, 3)) {
        const filter = { group: { by: [{ column: 0, grain }], timeZone }, key };
        const page = { filter, orders: [], limit: 1, fromEnd: false, after: null, before: null, withTotal: true };
        expect((await files.query(table, 'rows', page)).total).toBe(measures[0]);
      }
    }),
    { numRuns: 40 },
  );
});
