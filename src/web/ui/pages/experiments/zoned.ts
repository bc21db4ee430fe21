import { formatTime } from '../../format/times.ts';

/** An instant for an axis of UTC that shall read as the clocks of a zone do. */
export const zonedDate = (iso: string, zone: string): Date =>
  zone === 'UTC' ? new Date(iso) : new Date(`${formatTime(iso, zone).replace(' ', 'T')}Z`);
