import { Temporal } from 'temporal-polyfill';

export interface RefreshInterval {
  /** ISO 8601 duration. */
  readonly every: string;
  readonly ms: number;
}

const unitForms: Readonly<Record<string, string>> = { s: 'PT#S', m: 'PT#M', h: 'PT#H', d: 'P#D' };

/** Reads an ISO 8601 duration of fixed length (`PT1H`, `P1D`) or its short form (`90s`, `15m`, `1h`, `1d`); null for others. */
export const parseRefreshInterval = (text: string): RefreshInterval | null => {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/i.exec(text) ?? [];
  const every = unit === '' ? text : (unitForms[unit.toLowerCase()] ?? '').replace('#', String(Number(count)));
  try {
    const ms = Temporal.Duration.from(every).total('milliseconds');
    return ms > 0 && Number.isSafeInteger(Math.ceil(ms) * 1000) ? { every, ms } : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};
