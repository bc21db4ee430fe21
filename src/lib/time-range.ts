import { Temporal } from 'temporal-polyfill';
import { DomainError } from '../errors.ts';

/** A half-open span `[fromUs, toUs)` in microseconds since 1970 UTC; an end that is undefined is open. */
export interface TimeSpan {
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

/** A span as people say it. Exactly one of the four. */
export interface TimeRange {
  readonly between?: { readonly from: number; readonly to: number } | null | undefined;
  readonly since?: number | null | undefined;
  /** An ISO 8601 duration that ends with the newest event. */
  readonly last?: string | null | undefined;
  /** Calendar days, both inside, `YYYY-MM-DD`. */
  readonly days?: { readonly first: string; readonly last: string } | null | undefined;
}

/** Turns a range into a span; days and calendar durations count in `timeZone`. Throws BAD_REQUEST for a reversed one. */
export const spanOf = (range: TimeRange, timeZone: string, newestUs: number): TimeSpan => {
  const { between, since, last, days } = range;
  if (between) return ordered({ fromUs: between.from, toUs: between.to });
  if (days) {
    const toUs = startOfDayUs(Temporal.PlainDate.from(days.last).add({ days: 1 }), timeZone);
    return ordered({ fromUs: startOfDayUs(Temporal.PlainDate.from(days.first), timeZone), toUs });
  }
  if (last) return { fromUs: beforeUs(newestUs, last, timeZone), toUs: newestUs + 1 };
  return { fromUs: since ?? undefined };
};

const ordered = (span: { fromUs: number; toUs: number }): TimeSpan => {
  if (span.fromUs > span.toUs) throw new DomainError('BAD_REQUEST', 'range ends before it begins');
  return span;
};

const startOfDayUs = (date: Temporal.PlainDate, timeZone: string): number =>
  microseconds(date.toZonedDateTime(timeZone).toInstant());

const beforeUs = (atUs: number, text: string, timeZone: string): number => {
  try {
    const duration = Temporal.Duration.from(text);
    const instant = new Temporal.Instant(BigInt(atUs) * 1000n);
    if (duration.sign >= 0) return microseconds(instant.toZonedDateTimeISO(timeZone).subtract(duration).toInstant());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new DomainError('BAD_REQUEST', `range.last must be a duration like P7D or PT15M, not ${text.slice(0, 80)}`);
};

const microseconds = (instant: Temporal.Instant): number => Number(instant.epochNanoseconds / 1000n);
