import { useCallback, useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { categoryColors } from '../../components/colors.ts';
import type { ConversationFiguresQuery } from '../../generated/graphql.ts';

export type SymbolFigures = NonNullable<ConversationFiguresQuery['dashboard']>['symbols'];

const series = ['conversations', 'follow-ups'] as const;

const titleOf = (symbols: SymbolFigures): string => {
  const [most] = [...symbols].sort((one, two) => two.count - one.count);
  if (!most || most.count === 0) return 'No letter has a conversation in this time';
  return `“${most.symbol}” is the letter with the most conversations`;
};

/** The 26 letters as bars, with their follow-ups beside them. */
export function LetterChart({ symbols }: { readonly symbols: SymbolFigures }) {
  const bars = useMemo(
    () =>
      symbols.flatMap(({ symbol, count, followups }) => [
        { symbol, kind: series[0], value: count },
        { symbol, kind: series[1], value: followups },
      ]),
    [symbols],
  );
  const plot = useCallback<ChartProps['plot']>(
    (width, _isDark, { barY, ruleY }) => ({
      marginLeft: 50,
      fx: { label: 'letter', padding: width < 500 ? 0.05 : 0.2 },
      x: { axis: null, domain: [...series] },
      y: { label: 'number', grid: true, tickFormat: 'd' },
      color: { domain: [...series], range: categoryColors.slice(0, 2), legend: true },
      marks: [barY(bars, { fx: 'symbol', x: 'kind', y: 'value', fill: 'kind', tip: true }), ruleY([0])],
    }),
    [bars],
  );
  return (
    <Chart
      title={titleOf(symbols)}
      label="Conversations and follow-ups by letter"
      plot={plot}
      table={{
        columns: ['letter', { header: 'conversations', numeric: true }, { header: 'follow-ups', numeric: true }],
        rows: symbols.map(({ symbol, count, followups }) => [symbol, count, followups]),
      }}
      at={(index) => ({ fx: symbols[index]?.symbol, y: symbols[index]?.count })}
    />
  );
}
