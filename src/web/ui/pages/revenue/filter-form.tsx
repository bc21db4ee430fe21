import { Button, Checkbox, Group, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useAsOf, useZone } from '../../data/view.ts';
import { formatFigure } from '../../format/numbers.ts';
import { instantOf } from '../../format/times.ts';
import { RevenueValuesDocument } from '../../generated/graphql.ts';
import { dimensions, labelOf } from './dimensions.ts';
import { faultOf, filterFieldsOf, filterInfos } from './filters.ts';
import type { Dimension, Filter, FilterField, Source } from './search.ts';

interface ValuesFieldProps {
  readonly source: Source;
  readonly dimension: Dimension;
  readonly values: readonly string[];
  readonly error: string | null;
  onChange(values: string[]): void;
}

/** Values of a dimension: those that there are to choose from, the most frequent first, and any other by typing it. */
function ValuesField({ source, dimension, values, error, onChange }: ValuesFieldProps) {
  const asOf = useAsOf();
  const [{ data }] = useQuery({ query: RevenueValuesDocument, variables: { source, groupBy: [dimension], asOf } });
  const groups = data?.enrichedAggregate?.nodes ?? [];
  const found = groups.map(({ key }) => dimensions[dimension].valueIn(key));
  const counts = new Map(groups.map(({ measures }, index) => [found[index], measures.count]));
  return (
    <TagsInput
      label="Values"
      description="Choose from the list, or type a value and press Enter."
      data={found}
      value={values.map((value) => value)}
      error={error}
      limit={100}
      maxDropdownHeight={220}
      comboboxProps={{ withinPortal: false }}
      renderOption={({ option }) => (
        <Group justify="space-between" w="100%" wrap="nowrap">
          <Text size="sm" truncate>
            {labelOf(dimension, option.value, 'DAY', 'UTC')}
          </Text>
          <Text size="xs" c="dimmed" className="asof-figure">
            {formatFigure(counts.get(option.value))}
          </Text>
        </Group>
      )}
      onChange={onChange}
    />
  );
}

interface TextsFieldProps {
  readonly field: FilterField;
  readonly values: readonly string[];
  readonly error: string | null;
  onChange(values: string[]): void;
}

/** Days, times, durations and amounts, as text: what is written is what is asked. */
function TextsField({ field, values, error, onChange }: TextsFieldProps) {
  const zone = useZone();
  const { form, label } = filterInfos[field];
  const [first = '', second = ''] = values;
  const examples = { days: '2025-01-01', duration: 'P30D', instant: '2025-01-31 10:00', instants: '2025-01-31 10:00' };
  const placeholder = form in examples ? examples[form as keyof typeof examples] : '12.50';
  const isPair = form === 'days' || form === 'instants';
  const description = {
    days: `Whole days in ${zone}, both included`,
    duration: 'Up to the newest fact, such as P30D for 30 days or PT24H for 24 hours',
    instant: `In ${zone}`,
    instants: `In ${zone}, the end is not included`,
    amount: 'An exact decimal, the bound is included',
    values: '',
  }[form];
  return (
    <Stack gap="xs">
      <TextInput
        label={isPair ? 'From' : label}
        description={description}
        placeholder={placeholder}
        value={first}
        error={!isPair && error}
        onChange={(event) => onChange(isPair ? [event.currentTarget.value, second] : [event.currentTarget.value])}
      />
      {isPair && (
        <TextInput
          label="To"
          placeholder={placeholder}
          value={second}
          error={error}
          onChange={(event) => onChange([first, event.currentTarget.value])}
        />
      )}
    </Stack>
  );
}

interface FilterFormProps {
  readonly source: Source;
  /** Undefined for a new one. */
  readonly filter: Filter | undefined;
  onApply(filter: Filter): void;
}

/** Local times become instants: a link means the same in every zone. */
const inInstants = (field: FilterField, values: readonly string[], zone: string): string[] => {
  const { form } = filterInfos[field];
  return form === 'instant' || form === 'instants'
    ? values.map((value) => instantOf(value, zone) ?? value)
    : values.map((value) => value.trim());
};

export function FilterForm({ source, filter, onApply }: FilterFormProps) {
  const zone = useZone();
  const fields = filterFieldsOf(source);
  const [field, setField] = useState<FilterField>(filter?.field ?? 'userStatus');
  const [values, setValues] = useState<readonly string[]>(filter?.values ?? []);
  const [isNot, setNot] = useState(filter?.not ?? false);
  const [fault, setFault] = useState<string | null>(null);
  const { dimension } = filterInfos[field];
  const change = (next: string[]) => {
    setValues(next);
    setFault(null);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const chosen = inInstants(field, values, zone);
        const found = faultOf({ field, values: chosen });
        setFault(found);
        if (found === null) onApply({ field, values: chosen, ...(isNot ? { not: true } : {}) });
      }}
    >
      <Stack gap="sm">
        <Select
          label="Field"
          data-autofocus
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          data={fields.map((value) => ({ value, label: filterInfos[value].label }))}
          value={field}
          onChange={(chosen) => {
            setField(chosen as FilterField);
            change([]);
          }}
        />
        {dimension ? (
          <ValuesField {...{ source, dimension, values }} error={fault} onChange={change} />
        ) : (
          <TextsField {...{ field, values }} error={fault} onChange={change} />
        )}
        <Checkbox label="All but these" checked={isNot} onChange={(event) => setNot(event.currentTarget.checked)} />
        <Group justify="flex-end">
          <Button type="submit" size="compact-sm">
            Apply
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
