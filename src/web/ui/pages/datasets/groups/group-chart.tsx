import { useCallback, useMemo } from 'react';
import { Chart, type ChartProps } from '../../../components/chart.tsx';
import { formatFigure, toNumber } from '../../../format/numbers.ts';
import { isNumeric, isTemporal } from '../model/cell.ts';
import { type GroupQuestion, measureName } from '../model/copy-groups.ts';
import { typeOfColumn } from '../model/question.ts';
import { keyText } from './group-drawer.tsx';
import { isFigure } from './shape.ts';
import type { GroupNode } from './use-groups.ts';

/** More bars than this cannot be told apart. */
const barsMax = 40;

interface GroupChartProps {
  readonly groups: GroupQuestion;
  readonly nodes: readonly GroupNode[];
  readonly totalCount: number;
}

interface Bar {
  readonly label: string;
  readonly value: number;
}

/** Along a time or number the bars stand side by side in their order; other groups are listed from top to bottom. */
const isAlongAxis = ({ question, groupBy }: GroupQuestion): boolean => {
  const type = groupBy[0] && typeOfColumn(question)(groupBy[0].column);
  return type !== undefined && groupBy.length === 1 && (isNumeric(type) || isTemporal(type));
};

const titleOf = (name: string, bars: readonly Bar[], total: number): string => {
  const largest = bars.reduce<Bar | undefined>(
    (most, bar) => (most && most.value >= bar.value ? most : bar),
    undefined,
  );
  if (!largest) return `No group has a value of ${name}`;
  const among =
    total > bars.length ? ` among the first ${formatFigure(bars.length)} of ${formatFigure(total)} groups` : '';
  return `${name} is largest for ${largest.label}${among}`;
};

export function GroupChart({ groups, nodes, totalCount }: GroupChartProps) {
  const typeOf = typeOfColumn(groups.question);
  const index = groups.measures.findIndex((measure) => isFigure(measure, typeOf));
  const measure = groups.measures[index];
  const name = measure ? measureName(measure) : '';
  const drawn = useMemo(
    () =>
      nodes.slice(0, barsMax).map(({ key, measures }) => ({
        label: key.map(keyText).join(' · ') || 'all rows',
        exact: measures[index] as string | number | null,
      })),
    [nodes, index],
  );
  const bars = useMemo(
    () =>
      drawn.flatMap(({ label, exact }): Bar[] => {
        const value = toNumber(exact);
        return value === null ? [] : [{ label, value }];
      }),
    [drawn],
  );
  const isAlong = isAlongAxis(groups);
  const keyName = groups.groupBy.map(({ column }) => column).join(' · ');
  const plot: ChartProps['plot'] = useCallback(
    (_width, _isDark, Plot) => {
      const order = bars.map(({ label }) => label);
      const band = { domain: order, label: keyName };
      const figure = { label: name, grid: true };
      if (isAlong)
        return {
          x: { ...band, tickRotate: order.length > 8 ? -45 : 0 },
          y: figure,
          marginBottom: order.length > 8 ? 80 : 40,
          marginLeft: 70,
          marks: [
            Plot.ruleY([0]),
            Plot.barY(bars, { x: 'label', y: 'value', fill: 'var(--asof-heat-hue)', tip: true }),
          ],
        };
      return {
        x: figure,
        y: band,
        marginLeft: 180,
        marks: [Plot.ruleX([0]), Plot.barX(bars, { x: 'value', y: 'label', fill: 'var(--asof-heat-hue)', tip: true })],
      };
    },
    [bars, isAlong, keyName, name],
  );
  const at = useCallback(
    (row: number) => {
      const bar = bars.find(({ label }) => label === drawn[row]?.label);
      if (!bar) return {};
      return isAlong ? { x: bar.label, y: bar.value } : { x: bar.value, y: bar.label };
    },
    [bars, drawn, isAlong],
  );
  return (
    <Chart
      title={titleOf(name, bars, totalCount)}
      label={`${name} by ${keyName}`}
      plot={plot}
      at={at}
      height={isAlong ? 320 : Math.max(120, 40 + bars.length * 22)}
      table={{
        columns: [keyName, { header: name, numeric: true }],
        rows: drawn.map(({ label, exact }) => [label, exact]),
      }}
    />
  );
}
