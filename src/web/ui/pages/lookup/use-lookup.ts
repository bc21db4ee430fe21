import { useMemo } from 'react';
import { useView } from '../../data/view.ts';

/** The snapshot that is asked. The valid time of the page does not apply: a status has its own date, a table of ranges none. */
export const useSnapshot = () => {
  const { sequence, knownAt } = useView();
  return useMemo(
    () => (sequence !== undefined ? { sequence } : knownAt !== undefined ? { knownAt } : null),
    [sequence, knownAt],
  );
};
