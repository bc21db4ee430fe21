import { expect, it } from 'vitest';
import { DomainError } from '../../src/errors.ts';
import { intervalMs } from '../../src/lib/interval.ts';

it.each([
  ['PT2S', 2000],
  ['PT0.25S', 250],
  ['PT0,5S', 500],
  ['PT1M30S', 90_000],
  ['P1DT1H', 90_000_000],
])('reads %s', (text, ms) => {
  expect(intervalMs('every', text)).toBe(ms);
});

it.each(['', '2', 'two seconds', 'PT', 'PT0S', '-PT2S', 'P1W', 'P1M', 'P1Y', 'x'.repeat(1000)])(
  'intervalMs rejects %j and names the field',
  (text) => {
    const read = () => intervalMs('every', text);
    expect(read).toThrow(DomainError);
    expect(read).toThrow(/^every must be a duration like PT2S or PT0\.5S, not .{0,80}$/);
  },
);
