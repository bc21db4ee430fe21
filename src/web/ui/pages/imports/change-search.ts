import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ImportsSearch } from './search.ts';

const route = getRouteApi('/intake');

export const useSearch = (): ImportsSearch => route.useSearch();

/** Changes search parameters of the page; the others stay. */
export const useChangeSearch = () => {
  const navigate = useNavigate({ from: '/intake' });
  return (change: Partial<ImportsSearch>) => void navigate({ search: (previous) => ({ ...previous, ...change }) });
};
