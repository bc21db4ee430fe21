import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { DatasetSearch } from '../model/search.ts';

const route = getRouteApi('/datasets/$name');

export interface Address {
  readonly address: DatasetSearch;
  /** Changes some parameters. A choice is a step of the history; typing replaces the last one. */
  change(changed: Partial<DatasetSearch>, isTyping?: boolean): void;
}

export const useAddress = (): Address => {
  const address = route.useSearch();
  const navigate = useNavigate({ from: '/datasets/$name' });
  const change = useCallback(
    (changed: Partial<DatasetSearch>, isTyping = false) =>
      void navigate({ search: (last) => ({ ...last, ...changed }), replace: isTyping, resetScroll: false }),
    [navigate],
  );
  return { address, change };
};
