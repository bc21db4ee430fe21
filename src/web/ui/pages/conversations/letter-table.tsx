import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { Figure } from '../../components/figure.tsx';
import { Time } from '../../components/time.tsx';
import { formatShare, missing } from '../../format/numbers.ts';
import type { SymbolFigures } from './letter-chart.tsx';

interface LetterTableProps {
  readonly symbols: SymbolFigures;
  readonly chosen: string | null;
  onChoose(symbol: string): void;
}

type Row = SymbolFigures[number];

const rateOf = (rate: number | null | undefined): string =>
  rate === null || rate === undefined ? missing : rate.toFixed(2);

/** The figures of each letter. A letter opens its conversations below. */
export function LetterTable({ symbols, chosen, onChoose }: LetterTableProps) {
  const columns = useMemo<readonly DataColumn<Row>[]>(
    () => [
      { id: 'symbol', header: 'Letter', width: 70, cell: ({ symbol }) => symbol, text: ({ symbol }) => symbol },
      {
        id: 'count',
        header: 'Conversations',
        numeric: true,
        sortable: true,
        sortValue: ({ count }) => count,
        cell: ({ count, symbol }) => (
          <Figure value={count} label={`conversations about ${symbol}`} onOpen={() => onChoose(symbol)} />
        ),
        text: ({ count }) => String(count),
      },
      {
        id: 'followups',
        header: 'Follow-ups',
        numeric: true,
        cell: ({ followups }) => <Figure value={followups} />,
        text: ({ followups }) => String(followups),
      },
      {
        id: 'rate',
        header: 'Follow-ups each',
        numeric: true,
        cell: ({ followupRate }) => rateOf(followupRate),
        text: ({ followupRate }) => String(followupRate ?? ''),
      },
      {
        id: 'accuracy',
        header: 'Right guesses',
        numeric: true,
        cell: ({ guessAccuracy }) => formatShare(guessAccuracy),
        text: ({ guessAccuracy }) => String(guessAccuracy ?? ''),
      },
      {
        id: 'earliest',
        header: 'First',
        width: 230,
        cell: ({ earliest }) => <Time at={earliest} />,
        text: ({ earliest }) => earliest ?? '',
      },
      {
        id: 'latest',
        header: 'Last',
        width: 230,
        cell: ({ latest }) => <Time at={latest} />,
        text: ({ latest }) => latest ?? '',
      },
    ],
    [onChoose],
  );
  return (
    <DataTable
      label={chosen === null ? 'Letters' : `Letters, ${chosen} is chosen`}
      columns={columns}
      rows={symbols}
      rowKey={({ symbol }) => symbol}
      onOpenRow={({ symbol }) => onChoose(symbol)}
      height={320}
    />
  );
}
