import { Box, Table } from '@mantine/core';
import { unknownClass } from '../../components/unknown.tsx';
import { toNumber } from '../../format/numbers.ts';
import { CellFigure } from './cell-figure.tsx';
import { dimensions, labelOf } from './dimensions.ts';
import { groupsOf, type Pivot } from './load-pivot.ts';
import { measures } from './measures.ts';
import type { Cell } from './search.ts';

interface BarProps {
  readonly value: number | null;
  readonly least: number;
  readonly greatest: number;
  readonly label: string;
}

/** A bar from the zero line, which is inside of the track when there are negative values. */
function Bar({ value, least, greatest, label }: BarProps) {
  const span = greatest - least;
  const percentOf = (number: number) => (span === 0 ? 0 : ((number - least) / span) * 100);
  const zero = percentOf(0);
  const end = percentOf(value ?? 0);
  return (
    <Box pos="relative" h={16} miw={120} aria-hidden>
      <Box
        pos="absolute"
        h="100%"
        left={`${Math.min(zero, end)}%`}
        w={`${Math.abs(end - zero)}%`}
        style={{ backgroundColor: 'var(--asof-heat-hue)' }}
        className={unknownClass(label)}
      />
      <Box pos="absolute" h="100%" left={`${zero}%`} w={1} bg="var(--mantine-color-text)" />
    </Box>
  );
}

interface PivotBarsProps {
  readonly pivot: Pivot;
  onOpen(cell: Cell): void;
}

/** The totals of the rows as bars. */
export function PivotBars({ pivot, onOpen }: PivotBarsProps) {
  const { request, rows, total } = pivot;
  const { label, valueIn } = measures[request.measure];
  const groups = groupsOf(rows);
  const numbers = groups.map(({ figures }) => toNumber(valueIn(figures, total)));
  const least = Math.min(0, ...numbers.map((number) => number ?? 0));
  const greatest = Math.max(0, ...numbers.map((number) => number ?? 0));
  const title = dimensions[request.rows].label;
  return (
    <Table fz="sm" aria-label={`${label} by ${title.toLowerCase()}`} layout="auto">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{title}</Table.Th>
          <Table.Th scope="col" data-numeric>
            {label}
          </Table.Th>
          <Table.Th w="70%">
            <span aria-hidden>0 to the greatest</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {groups.map(({ value, figures }, index) => (
          <Table.Tr key={value}>
            <Table.Th scope="row" className={unknownClass(value)}>
              {labelOf(request.rows, value, request.grain, request.timeZone)}
            </Table.Th>
            <Table.Td data-numeric>
              <CellFigure pivot={pivot} cell={[[request.rows, value]]} figures={figures} onOpen={onOpen} />
            </Table.Td>
            <Table.Td>
              <Bar value={numbers[index] ?? null} {...{ least, greatest }} label={value} />
            </Table.Td>
          </Table.Tr>
        ))}
        <Table.Tr>
          <Table.Th scope="row">Total</Table.Th>
          <Table.Td data-numeric fw={600}>
            <CellFigure pivot={pivot} cell={[]} figures={total} onOpen={onOpen} />
          </Table.Td>
          <Table.Td />
        </Table.Tr>
      </Table.Tbody>
    </Table>
  );
}
