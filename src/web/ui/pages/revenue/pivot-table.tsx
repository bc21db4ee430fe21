import { Group, Table, UnstyledButton } from '@mantine/core';
import { ArrowDownIcon, ArrowUpIcon } from '@primer/octicons-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { heatColor } from '../../components/colors.ts';
import { unknownClass } from '../../components/unknown.tsx';
import { toNumber } from '../../format/numbers.ts';
import type { GroupFiguresFragment } from '../../generated/graphql.ts';
import { CellFigure } from './cell-figure.tsx';
import { dimensions, labelOf } from './dimensions.ts';
import { type AxisGroup, groupsOf, type Pivot } from './load-pivot.ts';
import { measures } from './measures.ts';
import type { Cell, RevenueSearch } from './search.ts';

type Sort = NonNullable<RevenueSearch['sort']>;

interface PivotTableProps {
  readonly pivot: Pivot;
  onSort(sort: Sort): void;
  onOpen(cell: Cell): void;
}

interface SortHeaderProps {
  readonly title: string;
  readonly sort: Sort;
  /** The two orders of this header: the first one is what a click begins with. */
  readonly orders: readonly [Sort, Sort];
  readonly isNumeric?: boolean;
  onSort(sort: Sort): void;
}

function SortHeader({ title, sort, orders, isNumeric, onSort }: SortHeaderProps) {
  const [first, second] = orders;
  const isSorted = sort === first || sort === second;
  const isDown = sort.endsWith('Down');
  const Icon = isDown ? ArrowDownIcon : ArrowUpIcon;
  return (
    <Table.Th
      scope="col"
      data-numeric={isNumeric || undefined}
      aria-sort={isSorted ? (isDown ? 'descending' : 'ascending') : 'none'}
    >
      <UnstyledButton fz="inherit" fw="inherit" onClick={() => onSort(sort === first ? second : first)}>
        <Group gap={4} wrap="nowrap" component="span" display="inline-flex">
          {title}
          {isSorted && <Icon size={14} aria-hidden />}
        </Group>
      </UnstyledButton>
    </Table.Th>
  );
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Moves the focus to the next figure in the direction of an arrow key, over cells without one. */
const moveFocus = (event: KeyboardEvent<HTMLTableElement>): void => {
  const step = steps[event.key];
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('td[data-row]') : null;
  if (!step || !cell) return;
  let [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
  for (;;) {
    row += step[0];
    column += step[1];
    const next = event.currentTarget.querySelector(`td[data-row="${row}"][data-column="${column}"]`);
    if (!next) return;
    const button = next.querySelector('button');
    if (!button) continue;
    event.preventDefault();
    button.focus();
    return;
  }
};

interface PivotCellProps extends Pick<PivotTableProps, 'pivot' | 'onOpen'> {
  readonly cell: Cell;
  readonly figures: GroupFiguresFragment | undefined;
  readonly at: readonly [row: number, column: number];
  readonly heat?: string | undefined;
  readonly isTotal?: boolean;
}

const PivotCell = ({ pivot, cell, figures, at: [row, column], heat, isTotal, onOpen }: PivotCellProps) => (
  <Table.Td
    data-numeric
    data-row={row}
    data-column={column}
    fw={isTotal ? 600 : undefined}
    style={{ backgroundColor: heat }}
    className={cell.some(([, value]) => unknownClass(value) !== undefined) ? unknownClass(null) : undefined}
  >
    <CellFigure pivot={pivot} cell={cell} figures={figures} onOpen={onOpen} />
  </Table.Td>
);

interface PivotRowProps extends Pick<PivotTableProps, 'pivot' | 'onOpen'> {
  readonly group: AxisGroup;
  readonly row: number;
  heatOf(figures: GroupFiguresFragment | undefined): string | undefined;
}

function PivotRow({ pivot, group: { value, figures }, row, heatOf, onOpen }: PivotRowProps) {
  const { request, columns } = pivot;
  const columnGroups = columns ? groupsOf(columns) : [];
  return (
    <Table.Tr>
      <Table.Th scope="row" className={unknownClass(value)}>
        {labelOf(request.rows, value, request.grain, request.timeZone)}
      </Table.Th>
      {columnGroups.map((column, index) => {
        const cell: Cell = [[request.rows, value]];
        if (request.columns) cell.push([request.columns, column.value]);
        const found = pivot.figuresOf(value, column.value);
        return (
          <PivotCell
            key={column.value}
            {...{ pivot, cell, onOpen }}
            figures={found}
            at={[row, index]}
            heat={heatOf(found)}
          />
        );
      })}
      <PivotCell
        {...{ pivot, figures, onOpen }}
        cell={[[request.rows, value]]}
        at={[row, columnGroups.length]}
        isTotal
      />
    </Table.Tr>
  );
}

/** The colour of a cell by its share of the greatest cell of the page. */
const heatOfPivot = (pivot: Pivot) => {
  const { valueIn } = measures[pivot.request.measure];
  const numberOf = (figures: GroupFiguresFragment | undefined) =>
    figures ? toNumber(valueIn(figures, pivot.total)) : null;
  const cells = groupsOf(pivot.rows).flatMap((row) =>
    (pivot.columns ? groupsOf(pivot.columns) : []).map((column) => pivot.figuresOf(row.value, column.value)),
  );
  const greatest = Math.max(0, ...cells.map((figures) => numberOf(figures) ?? 0));
  return (figures: GroupFiguresFragment | undefined): string | undefined => {
    const value = numberOf(figures);
    return value === null || greatest === 0 ? undefined : heatColor(value / greatest);
  };
};

function TotalRow({ pivot, row, onOpen }: Pick<PivotTableProps, 'pivot' | 'onOpen'> & { readonly row: number }) {
  const { request, columns, total } = pivot;
  const { columns: dimension } = request;
  const columnGroups = columns && dimension ? groupsOf(columns) : [];
  return (
    <Table.Tr>
      <Table.Th scope="row">Total</Table.Th>
      {columnGroups.map(({ value, figures }, index) => (
        <PivotCell
          key={value}
          {...{ pivot, figures, onOpen }}
          cell={dimension ? [[dimension, value]] : []}
          at={[row, index]}
          isTotal
        />
      ))}
      <PivotCell {...{ pivot, onOpen }} cell={[]} figures={total} at={[row, columnGroups.length]} isTotal />
    </Table.Tr>
  );
}

/** Rows by one dimension, columns by another, each with the total that the server computes for it. */
export function PivotTable({ pivot, onSort, onOpen }: PivotTableProps): ReactNode {
  const { request, rows, columns } = pivot;
  const { sort } = request;
  const rowGroups = groupsOf(rows);
  const heatOf = heatOfPivot(pivot);
  const rowsTitle = dimensions[request.rows].label;
  const label = `${measures[request.measure].label} by ${rowsTitle.toLowerCase()}`;
  return (
    <Table.ScrollContainer minWidth={0} maxHeight={640} type="native" tabIndex={0} role="region" aria-label={label}>
      <Table fz="sm" stickyHeader withRowBorders onKeyDown={moveFocus} w="auto" miw={320}>
        <Table.Thead>
          <Table.Tr>
            <SortHeader title={rowsTitle} sort={sort} orders={['name', 'nameDown']} onSort={onSort} />
            {(columns ? groupsOf(columns) : []).map(({ value }) => (
              <Table.Th key={value} scope="col" data-numeric className={unknownClass(value)}>
                {request.columns && labelOf(request.columns, value, request.grain, request.timeZone)}
              </Table.Th>
            ))}
            <SortHeader title="Total" sort={sort} orders={['valueDown', 'value']} onSort={onSort} isNumeric />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rowGroups.map((group, index) => (
            <PivotRow key={group.value} {...{ pivot, group, heatOf, onOpen }} row={index} />
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          <TotalRow {...{ pivot, onOpen }} row={rowGroups.length} />
        </Table.Tfoot>
      </Table>
    </Table.ScrollContainer>
  );
}
