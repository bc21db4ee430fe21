import { useMemo } from 'react';
import { rawText } from '../../components/chart-points.ts';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { formatFigure } from '../../format/numbers.ts';
import { formatTime } from '../../format/times.ts';
import type { Period } from './search.ts';
import { startsOf, type Trend } from './trends.ts';

interface TrendTableProps {
  readonly trends: readonly Trend[];
  readonly period: Period;
  readonly zone: string;
}

/** The values behind the trends, the newest period first. */
export function TrendTable({ trends, period, zone }: TrendTableProps) {
  const columns = useMemo<readonly DataColumn<string>[]>(
    () => [
      {
        id: 'period',
        header: `${period} from (${zone})`,
        cell: (start) => formatTime(start, zone).slice(0, 10),
        text: (start) => start,
      },
      ...trends.map(({ id, label, partLabel, values }) => ({
        id,
        header: partLabel ?? label.toLowerCase(),
        numeric: true,
        cell: (start: string) => formatFigure(values.get(start)),
        text: (start: string) => rawText(values.get(start)),
      })),
    ],
    [trends, period, zone],
  );
  const rows = useMemo(() => [...startsOf(trends)].reverse(), [trends]);
  return (
    <DataTable
      label={`Figures by ${period}`}
      columns={columns}
      rows={rows}
      rowKey={(start) => start}
      height={420}
      emptyText="There are no figures yet."
    />
  );
}
