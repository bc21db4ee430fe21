import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWrittenInstant } from '../../../src/lib/cells/written-instant.ts';
import { formatInstant } from '../../../src/lib/time.ts';

const textOf = (written: string): string => {
  const { atUs, problem } = readWrittenInstant(written);
  return atUs === undefined ? problem : formatInstant(atUs);
};

describe('readWrittenInstant', () => {
  it.each([
    ['1682935200', '2023-05-01T10:00:00Z'],
    ['1682935200.25', '2023-05-01T10:00:00.25Z'],
    ['1682935200.1234567', '2023-05-01T10:00:00.123456Z'],
    ['1682935200000', '2023-05-01T10:00:00Z'],
    ['1682935200123.4', '2023-05-01T10:00:00.1234Z'],
    ['1682935200123456', '2023-05-01T10:00:00.123456Z'],
    ['1682935200123456789', '2023-05-01T10:00:00.123456Z'],
    ['946684799', '1999-12-31T23:59:59Z'],
    ['946684799000', '1999-12-31T23:59:59Z'],
    [' 1682935200 ', '2023-05-01T10:00:00Z'],
    ['2023-05-01 10:00:00', '2023-05-01T10:00:00Z'],
    ['2023-05-01T12:00:00+02:00[Europe/Berlin]', '2023-05-01T10:00:00Z'],
    ['20230501T100000Z', '2023-05-01T10:00:00Z'],
    ['Mon, 01 May 2023 12:00:00 +0200', '2023-05-01T10:00:00Z'],
    ['Mon, 1 May 2023 12:00:00 +0200 (CEST)', '2023-05-01T10:00:00Z'],
    ['1 May 2023 10:00:00 GMT', '2023-05-01T10:00:00Z'],
    ['Mon May 01 2023 12:00:00 GMT+0200 (Central European Summer Time)', '2023-05-01T10:00:00Z'],
    ['May 1, 2023 10:00 AM', '2023-05-01T10:00:00Z'],
    ['2023/05/01 10:00', '2023-05-01T10:00:00Z'],
    ['13.05.2023 10:00', '2023-05-13T10:00:00Z'],
    ['5/13/2023, 10:00:00 AM', '2023-05-13T10:00:00Z'],
    ['05.05.2023', '2023-05-05T00:00:00Z'],
  ])('reads %s', (written, instant) => {
    expect(textOf(written)).toBe(instant);
  });

  it.each([
    ['01/02/2023', 'may begin with the day or the month'],
    ['1.2.2023 10:00', 'may begin with the day or the month'],
    ['20230501', 'in 10, 13, 16 or 19 digits'],
    ['20230501100000', 'in 10, 13, 16 or 19 digits'],
    ['45047.5', 'in 10, 13, 16 or 19 digits'],
    ['0001682935200', 'in 10, 13, 16 or 19 digits'],
    ['-1682935200', 'in 10, 13, 16 or 19 digits'],
    ['9999999999', 'from 1685-01-01 to 2254-12-31'],
    ['Mon, 30 Feb 2023 10:00:00 GMT', 'must be a date and time'],
    ['Mon, 01 May 2023 10:00:00 EST', 'must be a date and time'],
    ['1 May 9999', 'from 1685-01-01 to 2254-12-31'],
    ['05.03.24', 'must be a date and time'],
    ['yesterday', 'must be a date and time'],
    ['', 'must be a date and time'],
  ])('refuses %j and says why', (written, reason) => {
    expect(textOf(written)).toContain(reason);
  });

  it('reads one instant in every unit and form alike', () => {
    const since1973 = fc.integer({ min: 100_000_000_000, max: 8_900_000_000_000 });
    fc.assert(
      fc.property(since1973, (ms) => {
        const date = new Date(ms);
        const expected = { atUs: ms * 1000 };
        expect(readWrittenInstant(String(ms))).toEqual(expected);
        expect(readWrittenInstant(`${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`)).toEqual(expected);
        expect(readWrittenInstant(`${ms}000`)).toEqual(expected);
        expect(readWrittenInstant(`${ms}000000`)).toEqual(expected);
        expect(readWrittenInstant(date.toISOString())).toEqual(expected);
        const whole = { atUs: Math.floor(ms / 1000) * 1_000_000 };
        expect(readWrittenInstant(date.toUTCString())).toEqual(whole);
        expect(readWrittenInstant(date.toString())).toEqual(whole);
      }),
    );
  });
});
