/** `2025-10-07 20:22:10` in a zone, with the fraction of the second as the server sends it, up to microseconds. */
export const formatTime = (iso: string, zone: string): string => {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at);
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

/** `3 minutes ago`, `in 2 days`. */
export const formatRelative = (iso: string, nowMs: number, locale?: string): string => {
  const seconds = (new Date(iso).getTime() - nowMs) / 1000;
  if (Number.isNaN(seconds)) return iso;
  const [unit, size] = units.find(([, unitSeconds]) => Math.abs(seconds) >= unitSeconds) ?? (['second', 1] as const);
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
};

/** The zones that this browser knows, UTC first. */
export const timeZones = (): readonly string[] => [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
];
