import { Select, SimpleGrid, TextInput } from '@mantine/core';
import { useChangeSearch, useSearch } from './change-search.ts';
import { dateOrders, decimalSigns, delimiters, encodings, type ReadOptions } from './search.ts';

const wordOf = (value: string) => value.toLowerCase().replaceAll('_', '-');

const choices = [
  { name: 'delimiter', label: 'Delimiter', values: delimiters },
  { name: 'encoding', label: 'Encoding', values: encodings },
  { name: 'dateOrder', label: 'Order of dates', values: dateOrders },
  { name: 'decimal', label: 'Decimal sign', values: decimalSigns },
] as const;

const texts = [
  { name: 'headerLine', label: 'Header line', hint: 'from 1, or none' },
  { name: 'nullMarkers', label: 'Words for missing', hint: 'NA, -' },
  { name: 'statusWords', label: 'Words for a status', hint: 'active = PAYING' },
] as const;

/** How to read a file, where what the server finds out is wrong. */
export function ReadOptionsForm() {
  const { read = {}, target } = useSearch();
  const change = useChangeSearch();
  const set = (name: keyof ReadOptions, value: string | null) => {
    const next = { ...read, [name]: value === null || value === '' ? undefined : value } as ReadOptions;
    change({ read: Object.values(next).some((each) => each !== undefined) ? next : undefined });
  };
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="xs">
      {choices.map(({ name, label, values }) => (
        <Select
          key={name}
          size="xs"
          label={label}
          placeholder="found by the server"
          clearable
          data={values.map((value) => ({ value, label: wordOf(value) }))}
          value={read[name] ?? null}
          onChange={(value) => set(name, value)}
        />
      ))}
      {texts
        .filter(({ name }) => name !== 'statusWords' || target === 'STATUS_CHANGES')
        .map(({ name, label, hint }) => (
          <TextInput
            key={name}
            size="xs"
            label={label}
            placeholder={hint}
            value={read[name] ?? ''}
            onChange={(event) => set(name, event.currentTarget.value)}
          />
        ))}
    </SimpleGrid>
  );
}
