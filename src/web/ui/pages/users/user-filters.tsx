import { Group, MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { getRouteApi } from '@tanstack/react-router';
import { FilterChips } from '../../components/filter-chips.tsx';
import { useTypedValue } from '../../components/typed-value.ts';
import { useZone } from '../../data/view.ts';
import { instantOf, localTimeOf } from '../../format/times.ts';
import { statusWords } from '../../format/words.ts';
import { statuses, type UsersSearch } from './search.ts';

const route = getRouteApi('/users');

/** Changes filters in the address; typing replaces the entry of the history, choosing adds one. */
const useFilter = () => {
  const navigate = route.useNavigate();
  return (part: Partial<UsersSearch>, replace = false) =>
    navigate({ search: (previous) => ({ ...previous, ...part }), replace });
};

const numberOf = (value: number | string): number | undefined => (typeof value === 'number' ? value : undefined);

const listOf = <Item,>(items: readonly Item[]): Item[] | undefined => (items.length === 0 ? undefined : [...items]);

interface AgeInputProps {
  readonly label: string;
  readonly age: number | undefined;
  onChange(age: number | undefined): void;
}

function AgeInput({ label, age, onChange }: AgeInputProps) {
  const [draft, type] = useTypedValue<number | undefined>(age, onChange);
  return (
    <NumberInput
      size="xs"
      w={90}
      label={label}
      min={0}
      allowDecimal={false}
      value={draft ?? ''}
      onChange={(value) => type(numberOf(value))}
    />
  );
}

function SearchInput() {
  const { search } = route.useSearch();
  const change = useFilter();
  const [draft, type] = useTypedValue(search ?? '', (text) => change({ search: text === '' ? undefined : text }, true));
  return (
    <TextInput
      size="xs"
      w={180}
      label="Search"
      placeholder="id or part of a name"
      value={draft}
      onChange={(event) => type(event.currentTarget.value)}
    />
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
  const { countries: chosen = [], genders = [], image, ageFrom, ageTo, ageKnown } = route.useSearch();
  const change = useFilter();
  return (
    <Group gap="xs" align="flex-end">
      <SearchInput />
      <AgeInput label="Age from" age={ageFrom} onChange={(age) => change({ ageFrom: age }, true)} />
      <AgeInput label="Age to" age={ageTo} onChange={(age) => change({ ageTo: age }, true)} />
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
      {ageKnown === false && (
        <FilterChips
          filters={[{ id: 'age', label: 'age', value: 'unknown', onRemove: () => change({ ageKnown: undefined }) }]}
        />
      )}
    </Group>
  );
}
