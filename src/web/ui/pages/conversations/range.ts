import { useMemo } from 'react';
import { useZone } from '../../data/view.ts';

interface Days {
  readonly first?: string | undefined;
  readonly last?: string | undefined;
}

/** The arguments `range` and `timeZone` of the days in the address; no range: all time. */
export const useRange = ({ first, last }: Days) => {
  const zone = useZone();
  return useMemo(
    () => ({ zone, range: first !== undefined && last !== undefined ? { days: { first, last } } : null }),
    [zone, first, last],
  );
};
