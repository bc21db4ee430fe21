import { Group, MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { useDebouncedCallback } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { useZone } from '../../data/view.ts';
import { instantOf, localTimeOf } from '../../format/times.ts';
import { statusWords } from '../../format/words.ts';
import { statuses, type UsersSearch } from './search.ts';

const route = getRouteApi('/users');

const typingMs = 300;

/** Changes filters in the address; typing replaces the entry of the history, choosing adds one. */
const useFilter = () => {
  const navigate = route.useNavigate();
  return (part: Partial<UsersSearch>, replace = false) =>
    navigate({ search: (previous) => ({ ...previous, ...part }), replace });
};

const numberOf = (value: number | string): number | undefined => (typeof value === 'number' ? value : undefined);

const listOf = <Item,>(items: readonly Item[]): Item[] | undefined => (items.length === 0 ? undefined : [...items]);

function AgeRange() {
  const { ageFrom, ageTo } = route.useSearch();
  const change = useDebouncedCallback(useFilter(), typingMs);
  return (
    <>
      <NumberInput
        size="xs"
        w={90}
        label="Age from"
        min={0}
        allowDecimal={false}
        defaultValue={ageFrom ?? ''}
        onChange={(value) => change({ ageFrom: numberOf(value) }, true)}
      />
      <NumberInput
        size="xs"
        w={90}
        label="Age to"
        min={0}
        allowDecimal={false}
        defaultValue={ageTo ?? ''}
        onChange={(value) => change({ ageTo: numberOf(value) }, true)}
      />
    </>
  );
}

function StatusFilter() {
  const { statuses: chosen = [], at } = route.useSearch();
  const zone = useZone();
  const change = useFilter();
  return (
    <>
      <MultiSelect
        size="xs"
        w={200}
        label="Status"
        data={statuses.map((value) => ({ value, label: statusWords[value] }))}
        value={[...chosen]}
        onChange={(values) => change({ statuses: listOf(statuses.filter((each) => values.includes(each))) })}
        clearable
      />
      <DateTimePicker
        size="xs"
        w={180}
        label={`Status and age on (${zone})`}
        placeholder="now"
        valueFormat="YYYY-MM-DD HH:mm"
        clearable
        value={at === undefined ? null : localTimeOf(at, zone)}
        onChange={(value) => change({ at: value === null ? undefined : instantOf(value.slice(0, 16), zone) })}
      />
    </>
  );
}

/** The filters of the list and of its statistics. */
export function UserFilters({ countries }: { readonly countries: readonly string[] }) {
  const { search, countries: chosen = [], genders = [], image } = route.useSearch();
  const change = useFilter();
  const type = useDebouncedCallback(
    (text: string) => change({ search: text === '' ? undefined : text }, true),
    typingMs,
  );
  return (
    <Group gap="xs" align="flex-end">
      <TextInput
        key={search ?? ''}
        size="xs"
        w={180}
        label="Search"
        placeholder="id or part of a name"
        defaultValue={search ?? ''}
        onChange={(event) => type(event.currentTarget.value.trim())}
      />
      <AgeRange />
      <MultiSelect
        size="xs"
        w={200}
        label="Country"
        data={[...new Set([...countries, ...chosen])]}
        value={[...chosen]}
        onChange={(values) => change({ countries: listOf(values) })}
        searchable
        clearable
      />
      <TagsInput
        size="xs"
        w={160}
        label="Gender"
        value={[...genders]}
        onChange={(values) => change({ genders: listOf(values) })}
        clearable
      />
      <Select
        size="xs"
        w={120}
        label="Image"
        placeholder="any"
        data={[
          { value: 'yes', label: 'with image' },
          { value: 'no', label: 'without' },
        ]}
        value={image === undefined ? null : image ? 'yes' : 'no'}
        onChange={(value) => change({ image: value === null ? undefined : value === 'yes' })}
        clearable
      />
      <StatusFilter />
    </Group>
  );
}
