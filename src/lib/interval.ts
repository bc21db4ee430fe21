import { Temporal } from 'temporal-polyfill';
import { DomainError } from '../errors.ts';

/**
 * Milliseconds of an ISO 8601 duration of fixed length: days are 24 hours, weeks, months and years are refused. Throws
 * BAD_REQUEST naming `field` for any other text and for a duration that is not positive.
 */
export const intervalMs = (field: string, text: string): number => {
  try {
    const ms = Temporal.Duration.from(text).total('milliseconds');
    if (ms > 0) return ms;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new DomainError('BAD_REQUEST', `${field} must be a duration like PT2S or PT0.5S, not ${text.slice(0, 80)}`);
};
