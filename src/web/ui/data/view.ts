import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import * as z from 'zod/mini';
import { number, text } from './search.ts';

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
};

/** What the address holds on every page: in which zone times are written, and as of when figures are. */
export const viewSearch = z.object({
  zone: text(z.string().check(z.refine(isTimeZone))),
  /** The valid time with which facts are joined: an instant, or `now`; absent: the time of each fact. */
  validAt: text(),
  /** The state of the ledger, by sequence or by time; absent: the newest. */
  sequence: number(z.number().check(z.int(), z.nonnegative())),
  knownAt: text(),
});

export type View = z.infer<typeof viewSearch>;

/** The argument `asOf` of queries. */
export interface AsOf {
  readonly validAt?: string;
  readonly sequence?: number;
  readonly knownAt?: string;
}

const root = getRouteApi('__root__');

export const useView = (): View => root.useSearch();

/** The zone in which times are written. */
export const useZone = (): string => {
  const { zone = 'UTC' } = useView();
  return zone;
};

/** The argument `asOf` of queries; null for the newest state and the facts' own time. `now` is fixed when it is chosen. */
export const useAsOf = (): AsOf | null => {
  const { validAt, sequence, knownAt } = useView();
  return useMemo(() => {
    const asOf: AsOf = {
      ...(validAt === undefined ? {} : { validAt: validAt === 'now' ? new Date().toISOString() : validAt }),
      ...(sequence === undefined ? {} : { sequence }),
      ...(knownAt === undefined || sequence !== undefined ? {} : { knownAt }),
    };
    return Object.keys(asOf).length === 0 ? null : asOf;
  }, [validAt, sequence, knownAt]);
};

/** Whether figures are of a snapshot: they never change, so nothing needs to be read again. */
export const isOfSnapshot = ({ sequence, knownAt }: View): boolean => sequence !== undefined || knownAt !== undefined;
