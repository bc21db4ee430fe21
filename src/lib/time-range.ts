import { Temporal } from 'temporal-polyfill';
import { DomainError, type ProblemCode } from '../errors.ts';
import { preview } from './problems.ts';

/** A half-open span `[fromUs, toUs)` in microseconds since 1970 UTC; an end that is undefined is open. */
export interface TimeSpan {
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

/** A span as clients describe it: exactly one of the four. */
export interface TimeRange {
  readonly between?: { readonly from: number; readonly to: number } | null | undefined;
  readonly since?: number | null | undefined;
  /** An ISO 8601 duration that ends with the newest event; what is exactly that much older is outside. */
  readonly last?: string | null | undefined;
  /** Calendar days, both included, `YYYY-MM-DD`. */
  readonly days?: { readonly first: string; readonly last: string } | null | undefined;
}

/**
 * Turns a range into a span; days and calendar durations count in `timeZone`. Throws BAD_REQUEST that names the field for
 * an end before its beginning and for a malformed duration.
 */
export const spanOf = (range: TimeRange, timeZone: string, newestUs: number): TimeSpan => {
  const { between, since, last, days } = range;
  if (between) {
    if (between.from > between.to) throw badRequest('range.between.to', 'OUT_OF_RANGE', 'is before range.between.from');
    return { fromUs: between.from, toUs: between.to };
  }
  if (days) {
    const [first, end] = [days.first, days.last].map((day) => Temporal.PlainDate.from(day)) as [Day, Day];
    if (Temporal.PlainDate.compare(first, end) > 0)
      throw badRequest('range.days.last', 'OUT_OF_RANGE', 'is before range.days.first');
    return { fromUs: startOfDayUs(first, timeZone), toUs: startOfDayUs(end.add({ days: 1 }), timeZone) };
  }
  // Half-open like the others: of hourly events, the last 24 hours hold 24.
  if (last) return { fromUs: beforeUs(newestUs, last, timeZone) + 1, toUs: newestUs + 1 };
  return { fromUs: since ?? undefined };
};

type Day = Temporal.PlainDate;

const badRequest = (path: string, code: ProblemCode, rule: string): DomainError => {
  const message = `${path} ${rule}`;
  return new DomainError('BAD_REQUEST', message, { problems: [{ path, code, message }] });
};

const startOfDayUs = (date: Day, timeZone: string): number => microseconds(date.toZonedDateTime(timeZone).toInstant());

const beforeUs = (atUs: number, text: string, timeZone: string): number => {
  try {
    const duration = Temporal.Duration.from(text);
    const instant = new Temporal.Instant(BigInt(atUs) * 1000n);
    if (duration.sign >= 0) return microseconds(instant.toZonedDateTimeISO(timeZone).subtract(duration).toInstant());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw badRequest('range.last', 'MALFORMED', `must be a duration like P7D or PT15M, not ${preview(text)}`);
};

const microseconds = (instant: Temporal.Instant): number => Number(instant.epochNanoseconds / 1000n);
