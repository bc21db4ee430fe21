import { ActionIcon, Button, Group, NativeSelect, NumberInput, Paper, Stack, Text } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { columnLabel, isNumeric, isTemporal } from '../model/cell.ts';
import { measureName } from '../model/copy-groups.ts';
import type { TypeOf } from '../model/filter-tests.ts';
import { type Grouping, type GroupMeasure, grains, measureFunctions } from '../model/search.ts';
import { HavingFields } from './having-fields.tsx';
import type { GroupShape } from './shape.ts';

interface BuilderProps {
  readonly shape: GroupShape;
  readonly columns: readonly string[];
  readonly typeOf: TypeOf;
  onChange(changed: Partial<GroupShape>): void;
}

const columnData = (columns: readonly string[]) => columns.map((name) => ({ value: name, label: columnLabel(name) }));

const Remove = ({ label, onClick }: { readonly label: string; onClick(): void }) => (
  <ActionIcon variant="subtle" color="gray" mt={4} aria-label={label} onClick={onClick}>
    <TrashIcon size={16} aria-hidden />
  </ActionIcon>
);

const Add = ({ label, onClick }: { readonly label: string; onClick(): void }) => (
  <Button
    variant="default"
    size="compact-sm"
    leftSection={<PlusIcon size={14} aria-hidden />}
    onClick={onClick}
    style={{ alignSelf: 'flex-start' }}
  >
    {label}
  </Button>
);

/** The width is taken when the field is left: a group by 1 on the way to 100 would be a long answer. */
function BinWidth({ by, onChange }: { readonly by: Grouping; onChange(by: Grouping): void }) {
  const [width, setWidth] = useState<string | number>(by.binWidth ?? '');
  return (
    <NumberInput
      aria-label={`Width of the intervals of ${columnLabel(by.column)}`}
      placeholder="each value"
      hideControls
      min={0}
      w={110}
      value={width}
      onChange={setWidth}
      onBlur={() => onChange({ column: by.column, ...(Number(width) > 0 ? { binWidth: Number(width) } : {}) })}
    />
  );
}

function GroupingFields({
  by,
  columns,
  typeOf,
  onChange,
  onRemove,
}: { readonly by: Grouping; onChange(by: Grouping): void; onRemove(): void } & Pick<
  BuilderProps,
  'columns' | 'typeOf'
>) {
  const type = typeOf(by.column);
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <NativeSelect
        aria-label="Group by"
        maw={190}
        data={columnData(columns)}
        value={by.column}
        onChange={({ currentTarget }) => onChange({ column: currentTarget.value })}
      />
      {isTemporal(type) && (
        <NativeSelect
          aria-label={`Period of ${columnLabel(by.column)}`}
          data={[
            { value: '', label: 'each value' },
            ...grains.map((grain) => ({ value: grain, label: `by ${grain.toLowerCase()}` })),
          ]}
          value={by.grain ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({ column: by.column, ...(value === '' ? {} : { grain: value as NonNullable<Grouping['grain']> }) })
          }
        />
      )}
      {isNumeric(type) && <BinWidth key={by.column} by={by} onChange={onChange} />}
      <Remove label={`Do not group by ${columnLabel(by.column)}`} onClick={onRemove} />
    </Group>
  );
}

const functionLabels: Readonly<Record<GroupMeasure['function'], string>> = {
  COUNT: 'Count',
  SUM: 'Sum',
  AVERAGE: 'Mean',
  MIN: 'Least',
  MAX: 'Greatest',
  MEDIAN: 'Median',
  P95: '95th percentile',
  STANDARD_DEVIATION: 'Standard deviation',
  COUNT_DISTINCT: 'Different values',
};

const needsNumber: ReadonlySet<GroupMeasure['function']> = new Set([
  'SUM',
  'AVERAGE',
  'MEDIAN',
  'P95',
  'STANDARD_DEVIATION',
]);

/** The columns that a function can measure. */
const measurable = (name: GroupMeasure['function'], { columns, typeOf }: Pick<BuilderProps, 'columns' | 'typeOf'>) =>
  needsNumber.has(name) ? columns.filter((column) => isNumeric(typeOf(column))) : columns;

/** The measure with another function: its column stays where the function can measure it. */
const withFunction = (
  measure: GroupMeasure,
  name: GroupMeasure['function'],
  of: Pick<BuilderProps, 'columns' | 'typeOf'>,
): GroupMeasure => {
  if (name === 'COUNT') return { function: name };
  const columns = measurable(name, of);
  const column = measure.column !== undefined && columns.includes(measure.column) ? measure.column : columns[0];
  return column === undefined ? { function: 'COUNT' } : { function: name, column };
};

function MeasureFields({
  measure,
  onChange,
  onRemove,
  ...of
}: { readonly measure: GroupMeasure; onChange(measure: GroupMeasure): void; onRemove?(): void } & Pick<
  BuilderProps,
  'columns' | 'typeOf'
>) {
  const { function: name, column } = measure;
  const columns = columnData(measurable(name, of));
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <NativeSelect
        aria-label="Measure"
        data={measureFunctions
          .filter((each) => each === 'COUNT' || measurable(each, of).length > 0)
          .map((each) => ({ value: each, label: functionLabels[each] }))}
        value={name}
        onChange={({ currentTarget }) =>
          onChange(withFunction(measure, currentTarget.value as GroupMeasure['function'], of))
        }
      />
      <NativeSelect
        aria-label={`Column of ${functionLabels[name]}`}
        maw={190}
        data={name === 'COUNT' ? [{ value: '\u0000', label: 'all rows' }, ...columns] : columns}
        value={column ?? '\u0000'}
        onChange={({ currentTarget: { value } }) =>
          onChange(value === '\u0000' ? { function: 'COUNT' } : { function: name, column: value })
        }
      />
      {onRemove && <Remove label={`Remove the measure ${measureName(measure)}`} onClick={onRemove} />}
    </Group>
  );
}

const replaced = <Item,>(items: readonly Item[], index: number, item: Item): Item[] =>
  items.map((each, position) => (position === index ? item : each));

const without = <Item,>(items: readonly Item[], index: number): Item[] =>
  items.filter((_, position) => position !== index);

/** What rows are grouped by, what is measured, and which groups are shown. */
export function GroupBuilder({ shape, columns, typeOf, onChange }: BuilderProps) {
  const { groupBy, measures } = shape;
  const next = columns.find((name) => groupBy.every(({ column }) => column !== name)) ?? columns[0] ?? '';
  return (
    <Paper withBorder p="sm">
      <Group align="flex-start" gap="xl">
        <Stack gap="xs" role="group" aria-label="Groups">
          <Text size="sm" fw={600}>
            Group by
          </Text>
          {groupBy.map((by, index) => (
            <GroupingFields
              // biome-ignore lint/suspicious/noArrayIndexKey: groupings have no other identity
              key={index}
              by={by}
              {...{ columns, typeOf }}
              onChange={(changed) => onChange({ groupBy: replaced(groupBy, index, changed) })}
              onRemove={() => onChange({ groupBy: without(groupBy, index) })}
            />
          ))}
          <Add label="Column" onClick={() => onChange({ groupBy: [...groupBy, { column: next }] })} />
        </Stack>
        <Stack gap="xs" role="group" aria-label="Measures">
          <Text size="sm" fw={600}>
            Measure
          </Text>
          {measures.map((measure, index) => (
            <MeasureFields
              // biome-ignore lint/suspicious/noArrayIndexKey: measures have no other identity
              key={index}
              measure={measure}
              {...{ columns, typeOf }}
              onChange={(changed) => onChange({ measures: replaced(measures, index, changed) })}
              {...(measures.length > 1 ? { onRemove: () => onChange({ measures: without(measures, index) }) } : {})}
            />
          ))}
          <Add label="Measure" onClick={() => onChange({ measures: [...measures, { function: 'COUNT' }] })} />
        </Stack>
        <HavingFields shape={shape} onChange={onChange} />
      </Group>
    </Paper>
  );
}
