import { Box, Button, Group, Paper, Stack, Switch, Text, Title, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { DownloadIcon } from '@primer/octicons-react';
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useId, useRef, useState } from 'react';
import { csvText, fileNameOf } from '../format/csv.ts';
import { tickTime } from '../format/times.ts';
import {
  type ChartTableData,
  columnNames,
  type PointPosition,
  positionIn,
  rawText,
  spokenRow,
} from './chart-points.ts';
import { ChartTable } from './chart-table.tsx';
import { saveCsv } from './download.ts';

type Plot = typeof import('@observablehq/plot');
type PlotOptions = import('@observablehq/plot').PlotOptions;
type Drawn = ReturnType<Plot['plot']>;

export interface ChartProps {
  /** States the finding: `Revenue grew in 9 of 12 weeks`. */
  readonly title: string;
  /** Of the drawing, for screen readers: what is on the axes. Default: the title. */
  readonly label?: string;
  /** The zone of times on an axis. */
  readonly zone?: string;
  /**
   * The options of Observable Plot for a width in pixels. The third parameter is the library, loaded when the first chart
   * appears: use its marks (`Plot.barX(...)`) instead of an import, which would load it with the page. Axes need labels
   * with units; `tip: true` on a mark answers the mouse. Memoize the function: another one draws again.
   */
  plot(width: number, isDark: boolean, Plot: Plot): PlotOptions;
  /** What is drawn, row by row: shown by the switch, exported as CSV, read out as arrow keys move over it. */
  readonly table: ChartTableData;
  /** Where row `index` of the table is drawn, in the values of the scales: keys show it there. */
  at?(index: number): PointPosition;
  /** Pixels; default 260. */
  readonly height?: number;
}

interface DrawingProps extends ChartProps {
  /** The chart library cannot be loaded. */
  onFail(): void;
}

/** The chart library, once it is loaded. */
const usePlot = (isNeeded: boolean, onFail: () => void): Plot | null => {
  const [plot, setPlot] = useState<{ readonly library: Plot } | null>(null);
  useEffect(() => {
    let isLeft = false;
    if (isNeeded) {
      import('@observablehq/plot').then(
        (library) => isLeft || setPlot({ library }),
        () => isLeft || onFail(),
      );
    }
    return () => {
      isLeft = true;
    };
  }, [isNeeded, onFail]);
  return plot?.library ?? null;
};

const style = {
  background: 'transparent',
  color: 'inherit',
  fontFamily: 'inherit',
  fontSize: '11px',
  overflow: 'visible',
  '--plot-background': 'var(--mantine-color-body)',
};

/** Plot's own labels of times are of a clock of twelve hours. */
const withClockTicks = (options: PlotOptions): PlotOptions =>
  options.x?.type === 'utc' ? { ...options, x: { tickFormat: tickTime, ...options.x } } : options;

/** Draws into `element`, anew for another width or theme. */
const useDrawing = (element: RefObject<HTMLDivElement | null>, width: number, props: DrawingProps): Drawn | null => {
  const { plot, height = 260, title, label, onFail } = props;
  const isDark = useComputedColorScheme('light') === 'dark';
  const library = usePlot(width > 0, onFail);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  useEffect(() => {
    if (!library || width === 0) return undefined;
    const options = withClockTicks(plot(width, isDark, library));
    const drawing = library.plot({ height, ...options, width, style });
    // The drawing is one image: the names that Plot writes on its groups say nothing more.
    for (const part of drawing.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
    drawing.setAttribute('role', 'img');
    drawing.setAttribute('aria-label', label ?? title);
    element.current?.replaceChildren(drawing);
    setDrawn(() => drawing);
    return () => drawing.remove();
  }, [element, library, plot, width, isDark, height, label, title]);
  return drawn;
};

const moves: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowRight: (index) => index + 1,
  ArrowDown: (index) => index + 1,
  ArrowLeft: (index) => index - 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index) => index + 10,
  PageUp: (index) => index - 10,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** The row that arrow keys have reached; null before the first key, and after Esc. */
const usePoint = (count: number) => {
  const [index, setIndex] = useState<number | null>(null);
  return {
    index: index === null || count === 0 ? null : Math.min(index, count - 1),
    leave: () => setIndex(null),
    onKeyDown(event: KeyboardEvent) {
      if (event.key === 'Escape' && index !== null) {
        event.stopPropagation();
        setIndex(null);
      }
      const move = moves[event.key];
      if (!move || count === 0) return;
      event.preventDefault();
      const next = index === null && !['Home', 'End'].includes(event.key) ? 0 : move(index ?? 0, count);
      setIndex(Math.max(0, Math.min(count - 1, next)));
    },
  };
};

function Tooltip({ text, x, y, width }: { text: string; x: number; y: number | null; width: number }) {
  return (
    <>
      <Box pos="absolute" top={0} bottom={0} left={x} w={1} bg="currentColor" opacity={0.4} aria-hidden />
      {y !== null && (
        <Box
          pos="absolute"
          aria-hidden
          style={{ left: x - 5, top: y - 5, width: 10, height: 10, borderRadius: 5, border: '2px solid currentColor' }}
        />
      )}
      <Paper
        withBorder
        shadow="sm"
        px={8}
        py={4}
        pos="absolute"
        top={0}
        style={x > width / 2 ? { right: width - x + 8 } : { left: x + 8 }}
        maw={width / 2}
        aria-hidden
      >
        <Text size="xs">{text}</Text>
      </Paper>
    </>
  );
}

function Drawing(props: DrawingProps) {
  const { title, table, at, height = 260 } = props;
  const { ref, width } = useElementSize();
  const container = useRef<HTMLDivElement>(null);
  const drawn = useDrawing(container, Math.round(width), props);
  const { index, leave, onKeyDown } = usePoint(table.rows.length);
  const text = index === null ? '' : spokenRow(table, index);
  const position = index === null || !drawn ? null : positionIn(drawn, at?.(index));
  return (
    <Box ref={ref} pos="relative" mih={height}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for the fields of a form */}
      <div
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move over the points
        tabIndex={0}
        aria-label={`${title}. Arrow keys move over the ${table.rows.length} points.`}
        className="asof-chart"
        onKeyDown={onKeyDown}
        onBlur={leave}
      >
        <div ref={container} />
      </div>
      {index !== null && <Tooltip text={text} x={position?.x ?? 0} y={position?.y ?? null} width={width} />}
      <span className="asof-hidden" role="status">
        {text}
      </span>
    </Box>
  );
}

/** A chart with the table behind it, its export, and a tooltip by keyboard. */
export function Chart(props: ChartProps) {
  const { title, zone, table } = props;
  const id = useId();
  const [isTable, setTable] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const onFail = useCallback(() => {
    setFailed(true);
    setTable(true);
  }, []);
  const save = () =>
    saveCsv(
      fileNameOf(title, 'csv'),
      csvText(
        columnNames(table),
        table.rows.map((row) => row.map(rawText)),
      ),
    );
  return (
    <Stack component="figure" gap="xs" m={0} aria-labelledby={id}>
      <Group justify="space-between" gap="xs" align="flex-start">
        <Title order={3} size="sm" id={id}>
          {title}
          {zone !== undefined && (
            <Text span size="xs" c="dimmed" fw={400}>
              {' '}
              times in {zone}
            </Text>
          )}
        </Title>
        <Group gap="xs" wrap="nowrap">
          <Switch
            size="xs"
            label="Table"
            checked={isTable}
            onChange={(event) => {
              setTable(event.currentTarget.checked);
              setFailed(false);
            }}
          />
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            leftSection={<DownloadIcon size={14} aria-hidden />}
            aria-label={`CSV of ${title}`}
            onClick={save}
          >
            CSV
          </Button>
        </Group>
      </Group>
      {hasFailed && <Text size="sm">The drawing could not be loaded. Switch the table off to try again.</Text>}
      {isTable ? (
        <ChartTable label={title} table={table} height={props.height} />
      ) : (
        <Drawing {...props} onFail={onFail} />
      )}
    </Stack>
  );
}
