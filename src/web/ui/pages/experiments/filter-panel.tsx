import { Button, Group, NativeSelect, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { FilterChips } from '../../components/filter-chips.tsx';
import { useZone } from '../../data/view.ts';
import { instantOf, localTimeOf } from '../../format/times.ts';
import { statusWords } from '../../format/words.ts';
import type { UserStatus } from '../../generated/graphql.ts';
import { conditionsIn, filterOrNone } from './conditions.ts';
import { useEventValues } from './event-values.ts';
import { useChangeSearch, useExperimentSearch } from './scope.ts';
import type { EventFilterSearch } from './search.ts';

/** The filters that hold for the whole page, each to remove. */
export function ActiveFilters() {
  const { where = {}, market, variant } = useExperimentSearch();
  const zone = useZone();
  const change = useChangeSearch();
  const selected = [
    ...(market === undefined ? [] : [{ id: 'market', label: 'market', value: market }]),
    ...(variant === undefined ? [] : [{ id: 'variant', label: 'variant of rows and events', value: variant }]),
  ];
  const filters = [
    ...selected.map((chip) => ({ ...chip, onRemove: () => change({ [chip.id]: undefined }) })),
    ...conditionsIn(where, zone).map(({ id, label, value, without }) => ({
      ...{ id, label, value },
      onRemove: () => change({ where: filterOrNone(without) }),
      onEdit: () => change({ panel: 'filter' as const }),
    })),
  ];
  return (
    <FilterChips
      filters={filters}
      add={
        <Button variant="subtle" size="compact-sm" onClick={() => change({ panel: 'filter' })}>
          + filter
        </Button>
      }
    />
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly value: string | undefined;
  onChange(iso: string | undefined): void;
}

/** A time of the zone; it holds once the field is left or Enter is pressed. */
function TimeField({ label, value, onChange }: TimeFieldProps) {
  const zone = useZone();
  const current = value === undefined ? '' : localTimeOf(value, zone);
  const [text, setText] = useState(current);
  const [isWrong, setWrong] = useState(false);
  useEffect(() => setText(current), [current]);
  const commit = () => {
    if (text === current) return setWrong(false);
    const instant = text.trim() === '' ? undefined : instantOf(text, zone);
    setWrong(text.trim() !== '' && instant === undefined);
    if (text.trim() === '' || instant !== undefined) onChange(instant);
  };
  return (
    <TextInput
      size="xs"
      label={label}
      placeholder={`2025-10-07 20:22 (${zone})`}
      value={text}
      error={isWrong && 'Write a time such as 2025-10-07 20:22.'}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}

const lists = [
  { id: 'countries', label: 'Country' },
  { id: 'variants', label: 'Variant' },
  { id: 'accountTypes', label: 'Account type' },
  { id: 'eventTypes', label: 'Event type' },
  { id: 'genders', label: 'Gender' },
] as const;

/** Which events count, for the whole page. */
export function FilterPanel({ markets }: { readonly markets: readonly string[] }) {
  const { where = {}, market } = useExperimentSearch();
  const change = useChangeSearch();
  const values = useEventValues();
  const set = (part: EventFilterSearch) => change({ where: filterOrNone({ ...where, ...part }) });
  const listOrNone = (texts: string[]) => (texts.length === 0 ? undefined : texts);
  return (
    <Stack gap="xs">
      <Select
        size="xs"
        label="Market"
        placeholder="all markets"
        clearable
        data={[...markets]}
        value={market ?? null}
        onChange={(value) => change({ market: value ?? undefined, variant: undefined })}
      />
      {lists.map(({ id, label }) => (
        <TagsInput
          key={id}
          size="xs"
          label={label}
          data={[...values[id]]}
          value={where[id] ?? []}
          onChange={(texts) => set({ [id]: listOrNone(texts) })}
        />
      ))}
      <TagsInput
        size="xs"
        label="User"
        value={where.userIds ?? []}
        onChange={(texts) => set({ userIds: listOrNone(texts) })}
      />
      <NativeSelect
        size="xs"
        label="Status"
        value={where.userStatus?.[0] ?? ''}
        data={[{ value: '', label: 'any' }, ...Object.entries(statusWords).map(([value, label]) => ({ value, label }))]}
        onChange={({ currentTarget: { value } }) =>
          set({ userStatus: value === '' ? undefined : [value as UserStatus] })
        }
      />
      <NativeSelect
        size="xs"
        label="Image"
        value={where.hasImage === undefined ? '' : String(where.hasImage)}
        data={[
          { value: '', label: 'any' },
          { value: 'true', label: 'with image' },
          { value: 'false', label: 'without image' },
        ]}
        onChange={({ currentTarget: { value } }) => set({ hasImage: value === '' ? undefined : value === 'true' })}
      />
      <Group grow gap="xs" align="flex-start">
        <TimeField label="First seen from" value={where.from} onChange={(from) => set({ from })} />
        <TimeField label="until" value={where.to} onChange={(to) => set({ to })} />
      </Group>
      <Text size="xs" c="dimmed">
        Only users who were first seen in this time count, with their events in it.
      </Text>
      <Button
        variant="default"
        size="compact-sm"
        onClick={() => change({ where: undefined, market: undefined, variant: undefined })}
      >
        Remove all filters
      </Button>
    </Stack>
  );
}
