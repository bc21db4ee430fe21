import { Button, Popover } from '@mantine/core';
import { PlusIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { FilterChips } from '../../components/filter-chips.tsx';
import { FilterForm } from './filter-form.tsx';
import { filterInfos, wordsOf } from './filters.ts';
import type { Filter } from './search.ts';
import type { Revenue } from './use-revenue.ts';

const firstPages = { rowPage: undefined, columnPage: undefined, cell: undefined, fact: undefined };

/** The filters that hold, and the form for another one or for a change. */
export function FilterBar({ revenue: { settings, change } }: { readonly revenue: Revenue }) {
  const { filters, source } = settings;
  /** The index of the filter that is edited; the number of filters for a new one. */
  const [edited, setEdited] = useState<number | null>(null);
  const write = (next: readonly Filter[]) =>
    change({ ...firstPages, filters: next.length === 0 ? undefined : [...next] });
  const apply = (filter: Filter) => {
    if (edited === null) return;
    write([...filters.slice(0, edited), filter, ...filters.slice(edited + 1)]);
    setEdited(null);
  };
  return (
    <FilterChips
      filters={filters.map((filter, index) => ({
        id: `${index}-${filter.field}`,
        label: filterInfos[filter.field].label,
        value: wordsOf(filter),
        onRemove: () => write(filters.filter((_, other) => other !== index)),
        onEdit: () => setEdited(index),
      }))}
      add={
        <Popover
          opened={edited !== null}
          onChange={(isOpen) => !isOpen && setEdited(null)}
          trapFocus
          returnFocus
          withinPortal
          shadow="md"
          width={320}
        >
          <Popover.Target>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<PlusIcon size={14} aria-hidden />}
              onClick={() => setEdited(edited === null ? filters.length : null)}
            >
              Filter
            </Button>
          </Popover.Target>
          <Popover.Dropdown aria-label="Filter">
            {edited !== null && <FilterForm key={edited} source={source} filter={filters[edited]} onApply={apply} />}
          </Popover.Dropdown>
        </Popover>
      }
    />
  );
}
