import { Box, Table } from '@mantine/core';
import { Figure } from '../../../components/figure.tsx';
import { useZone } from '../../../data/view.ts';
import type { ColumnTest } from '../../../generated/graphql.ts';
import { formatCell } from '../model/cell.ts';
import type { ProfiledColumn } from './profile.ts';

interface HistogramTableProps {
  readonly column: ProfiledColumn;
  onTest(...tests: readonly ColumnTest[]): void;
}

/** The intervals of a column with a bar each: a chart that is its own table. */
export function HistogramTable({ column: { name, type, profile }, onTest }: HistogramTableProps) {
  const zone = useZone();
  const { histogram } = profile;
  const most = Math.max(1, ...histogram.map(({ count }) => count));
  return (
    <Table fz="sm" verticalSpacing={2} aria-label={`How the values of ${name} are spread`}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">From</Table.Th>
          <Table.Th scope="col">To</Table.Th>
          <Table.Th scope="col" w="40%" aria-hidden />
          <Table.Th scope="col" data-numeric>
            Rows
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {histogram.map(({ from, to, count }, index) => {
          const isLast = index === histogram.length - 1;
          const [low, high] = [from, to] as [string | number, string | number];
          const label = `rows from ${formatCell(from, type, zone)} ${isLast ? 'to' : 'to below'} ${formatCell(to, type, zone)}`;
          return (
            <Table.Tr key={String(from)}>
              <Table.Td data-numeric>{formatCell(from, type, zone)}</Table.Td>
              <Table.Td data-numeric>
                {isLast ? '' : '< '}
                {formatCell(to, type, zone)}
              </Table.Td>
              <Table.Td aria-hidden>
                <Box bg="var(--asof-heat-hue)" h={12} w={`${(100 * count) / most}%`} />
              </Table.Td>
              <Table.Td data-numeric>
                <Figure
                  value={count}
                  label={label}
                  onOpen={() => onTest({ gte: low }, isLast ? { lte: high } : { lt: high })}
                />
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
