import { NativeSelect, ScrollArea, Stack, Table, Text } from '@mantine/core';
import { useZone } from '../../../data/view.ts';
import { formatCount } from '../../../format/numbers.ts';
import type { ColumnType } from '../../../generated/graphql.ts';
import { columnLabel, formatCell, isNumeric, typeLabels } from '../model/cell.ts';
import { MisfitText } from '../model/misfit.tsx';
import type { PreviewedImport } from './options.ts';

type Preview = NonNullable<PreviewedImport['preview']>;
type PreviewColumn = Preview['columns'][number];

interface PreviewTableProps {
  readonly preview: Preview;
  /** The types that the person has chosen. */
  readonly types: Readonly<Record<string, ColumnType>>;
  onType(column: string, type: ColumnType | null): void;
}

const typeData = Object.entries(typeLabels).map(([value, label]) => ({ value, label }));

function HeaderCell({
  column,
  types,
  onType,
}: { readonly column: PreviewColumn } & Omit<PreviewTableProps, 'preview'>) {
  const { name, type, misfitCount, nullCount } = column;
  const chosen = types[name];
  const label = columnLabel(name);
  return (
    <Table.Th scope="col" miw={130} style={{ verticalAlign: 'top' }}>
      <Stack gap={2}>
        <Text size="sm" fw={600} truncate maw={220} title={label}>
          {label}
        </Text>
        <NativeSelect
          size="xs"
          aria-label={`Type of ${label}`}
          value={chosen ?? ''}
          data={[{ value: '', label: chosen ? 'as found' : `${typeLabels[type]} (found)` }, ...typeData]}
          onChange={({ currentTarget: { value } }) => onType(name, value === '' ? null : (value as ColumnType))}
        />
        <Text size="xs" c="dimmed" fw={400}>
          {formatCount(nullCount, 'cell', 'cells')} without a value
        </Text>
        {misfitCount > 0 && <MisfitText>{formatCount(misfitCount, 'misfit')}</MisfitText>}
      </Stack>
    </Table.Th>
  );
}

/** The first rows as they would be stored. Cells that do not fit their column's type show their text. */
export function PreviewTable({ preview, types, onType }: PreviewTableProps) {
  const zone = useZone();
  const { columns, rows } = preview;
  return (
    <ScrollArea.Autosize
      mah="60vh"
      type="auto"
      viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'First rows' }}
    >
      <Table stickyHeader withColumnBorders fz="sm" verticalSpacing={4} aria-label="First rows">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Line</Table.Th>
            {columns.map((column) => (
              <HeaderCell key={column.name} column={column} types={types} onType={onType} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ line, values, misfits }) => (
            <Table.Tr key={line}>
              <Table.Td c="dimmed" data-numeric>
                {line}
              </Table.Td>
              {columns.map(({ name, type }, index) => {
                const misfit = misfits.find(({ column }) => column === name);
                return (
                  <Table.Td key={name} data-numeric={isNumeric(type) || undefined}>
                    {misfit ? (
                      <MisfitText title={`Does not fit the type ${typeLabels[type]}`}>{misfit.text}</MisfitText>
                    ) : (
                      <Text inherit span lineClamp={2}>
                        {formatCell(values[index], type, zone)}
                      </Text>
                    )}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
