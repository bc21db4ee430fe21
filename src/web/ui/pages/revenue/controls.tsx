import { Group, SegmentedControl, Select } from '@mantine/core';
import { dimensions, dimensionsOf } from './dimensions.ts';
import { measures } from './measures.ts';
import type { Dimension, Grain, MeasureName, Source } from './search.ts';
import type { Revenue } from './use-revenue.ts';

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  onChange(value: Value): void;
}

const Choice = <Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) => (
  <Select
    label={label}
    size="xs"
    w={140}
    allowDeselect={false}
    data={[...options]}
    value={value}
    onChange={(chosen) => chosen !== null && onChange(chosen as Value)}
  />
);

const grains: readonly { readonly value: Grain; readonly label: string }[] = [
  { value: 'MINUTE', label: 'Minute' },
  { value: 'HOUR', label: 'Hour' },
  { value: 'DAY', label: 'Day' },
  { value: 'WEEK', label: 'Week' },
  { value: 'MONTH', label: 'Month' },
  { value: 'QUARTER', label: 'Quarter' },
  { value: 'YEAR', label: 'Year' },
];

const measureOptions = (Object.keys(measures) as MeasureName[]).map((value) => ({
  value,
  label: measures[value].label,
}));

const optionsOf = (names: readonly Dimension[]) => names.map((value) => ({ value, label: dimensions[value].label }));

const firstPages = { rowPage: undefined, columnPage: undefined, cell: undefined, fact: undefined };

/** What is counted, and by what. */
export function Controls({ revenue: { settings, change } }: { readonly revenue: Revenue }) {
  const { source, rows, columns, measure, grain, tab } = settings;
  const names = dimensionsOf(source);
  const needsGrain = rows === 'PERIOD' || columns === 'PERIOD' || tab === 'time';
  const others = names.filter((name) => name !== rows);
  return (
    <Group gap="sm" align="flex-end">
      <Choice<Source>
        label="Rows are of"
        value={source}
        options={[
          { value: 'TRANSACTIONS', label: 'Purchases' },
          { value: 'EXPERIMENT_EVENTS', label: 'Events' },
        ]}
        onChange={(chosen) =>
          change({
            ...firstPages,
            source: chosen === 'TRANSACTIONS' ? undefined : chosen,
            rows: undefined,
            columns: undefined,
          })
        }
      />
      <Choice<Dimension>
        label="Rows by"
        value={rows}
        options={optionsOf(names)}
        // Choosing the dimension of the columns turns the table.
        onChange={(chosen) =>
          change({ ...firstPages, rows: chosen, columns: chosen === columns ? rows : (columns ?? 'none') })
        }
      />
      <Choice<Dimension | 'none'>
        label="Columns by"
        value={columns ?? 'none'}
        options={[{ value: 'none', label: 'No columns' }, ...optionsOf(others)]}
        onChange={(chosen) => change({ ...firstPages, columns: chosen })}
      />
      <Choice<MeasureName>
        label="Measure"
        value={measure}
        options={measureOptions}
        onChange={(chosen) => change({ measure: chosen, rowPage: undefined })}
      />
      {needsGrain && (
        <Choice<Grain>
          label="Period"
          value={grain}
          options={grains}
          onChange={(chosen) => change({ ...firstPages, grain: chosen })}
        />
      )}
      <SegmentedControl
        size="xs"
        aria-label="View"
        value={tab}
        data={[
          { value: 'table', label: 'Table' },
          { value: 'bars', label: 'Bars' },
          { value: 'time', label: 'Over time' },
        ]}
        onChange={(chosen) => change({ tab: chosen === 'table' ? undefined : (chosen as 'bars' | 'time') })}
      />
    </Group>
  );
}
