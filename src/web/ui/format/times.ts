import { oncePerKey } from './once-per-key.ts';

const clockFormat = oncePerKey(
  (zone: string) =>
    new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    }),
);

/** `2025-10-07 20:22:10` in a zone, with the fraction of the second as the server sends it, up to microseconds. */
export const formatTime = (iso: string, zone: string): string => {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const parts = clockFormat(zone).formatToParts(at);
  const textOf = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  const fraction = /\.\d*?[1-9](?=0*(?:Z|[+-]))/.exec(iso)?.[0] ?? '';
  return `${textOf('year')}-${textOf('month')}-${textOf('day')} ${textOf('hour')}:${textOf('minute')}:${textOf('second')}${fraction}`;
};

const units = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

const relativeFormat = oncePerKey(
  (locale: string | undefined) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
);

/** `3 minutes ago`, `in 2 days`. */
export const formatRelative = (iso: string, nowMs: number, locale?: string): string => {
  const seconds = (new Date(iso).getTime() - nowMs) / 1000;
  if (Number.isNaN(seconds)) return iso;
  const [unit, size] = units.find(([, unitSeconds]) => Math.abs(seconds) >= unitSeconds) ?? (['second', 1] as const);
  return relativeFormat(locale).format(Math.trunc(seconds / size), unit);
};

/** The zones that this browser knows, UTC first. */
export const timeZones = (): readonly string[] => [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
];

/** `2025-10-07 20:22` in a zone: as a person writes it, with seconds only where there are some. */
export const localTimeOf = (iso: string, zone: string): string => formatTime(iso, zone).replace(/:00$/, '');

/** How far the clocks of a zone are ahead of UTC at an instant, milliseconds. */
const offsetMsOf = (atMs: number, zone: string): number => {
  const wholeSeconds = Math.floor(atMs / 1000) * 1000;
  return Date.parse(`${formatTime(new Date(wholeSeconds).toISOString(), zone).replace(' ', 'T')}Z`) - wholeSeconds;
};

/**
 * The instant, RFC 3339, that a person has written as a time of a zone: `2025-10-07`, `2025-10-07 20:22`, with seconds and
 * a fraction, or with an offset or Z of its own. Undefined for other text. Of a time that the clocks show twice it is the
 * first; one that they skip is read with the offset from before.
 */
export const instantOf = (text: string, zone: string): string | undefined => {
  const match =
    /^\s*(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(\.\d{1,6})?)?)?\s*(Z|[+-]\d{2}:\d{2})?\s*$/i.exec(text);
  if (!match) return undefined;
  const [, date = '', minutes = '00:00', seconds = '00', fraction = '', offset] = match;
  const local = `${date}T${minutes}:${seconds}`;
  const asUtcMs = Date.parse(`${local}Z`);
  // Date.parse reads 30 February as 2 March.
  if (Number.isNaN(asUtcMs) || !new Date(asUtcMs).toISOString().startsWith(local)) return undefined;
  const at = (ms: number) => new Date(ms).toISOString().replace(/\.000Z$/, `${fraction}Z`);
  if (offset !== undefined) return at(Date.parse(`${local}${offset.toUpperCase()}`));
  const before = offsetMsOf(asUtcMs - 86_400_000, zone);
  const after = offsetMsOf(asUtcMs + 86_400_000, zone);
  const candidates = [asUtcMs - before, asUtcMs - after].filter((ms) => ms + offsetMsOf(ms, zone) === asUtcMs);
  return at(Math.min(...(candidates.length > 0 ? candidates : [asUtcMs - before])));
};

/** A date whose fields in UTC are those of an instant in the zone: the axes of charts have no zones. */
export const axisDate = (iso: string, zone: string): Date =>
  zone === 'UTC' ? new Date(iso) : new Date(`${formatTime(iso, zone).replace(' ', 'T')}Z`);

/**
 * The label of a tick on an axis of times, whose fields in UTC are shown: month and day of a midnight, else the time on a
 * clock of 24 hours. Below the first tick, and below a new year, is what these leave out: a whole date is too wide for each.
 */
export const tickTime = (at: Date, index: number): string => {
  const [date = '', clock = ''] = at.toISOString().split('T');
  const [year = '', day = ''] = [date.slice(0, -6), date.slice(-5)];
  const time = clock.replace(/(?::00)?(?:\.000)?Z$/, '');
  if (time !== '00:00') return index === 0 ? `${time}\n${date}` : time;
  return index === 0 || day === '01-01' ? `${day}\n${year}` : day;
};
