import { Select } from '@mantine/core';
import { useChangeSearch, useSearch } from './change-search.ts';
import { rejectStates } from './search.ts';
import { optionsOf, rejectWords } from './words.ts';

/** Chooses the state of the rejects that are listed; those that wait by default. */
export function RejectState() {
  const { rejects = 'OPEN' } = useSearch();
  const change = useChangeSearch();
  return (
    <Select
      size="xs"
      aria-label="State of rejects"
      allowDeselect={false}
      data={optionsOf(rejectWords, rejectStates)}
      value={rejects}
      onChange={(chosen) =>
        change({ rejects: chosen === 'OPEN' ? undefined : (chosen as (typeof rejectStates)[number]) })
      }
    />
  );
}
