import { Box, Button, Stack, Text } from '@mantine/core';
import { columnVisibilityFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { LoadAll } from '../data/paged-rows.ts';
import { useActiveCell } from './active-cell.ts';
import classes from './data-table.module.css';
import { type DataColumn, type Sort, sortedRows, widthOf } from './data-table-columns.ts';
import { HeaderRow } from './data-table-header.tsx';
import { BodyRow, cellId } from './data-table-row.tsx';
import { TableTools } from './data-table-tools.tsx';
import { useRowWindow } from './row-window.ts';

export type { DataColumn, Sort } from './data-table-columns.ts';

const rowHeight = 30;

/** More rows are loaded when as few as these are left below. */
const loadAhead = 60;

const features = tableFeatures({ columnVisibilityFeature });

export interface DataTableProps<Row> {
  /** What the table shows, for screen readers and as the name of exports. */
  readonly label: string;
  /** Memoize them: other columns draw all rows again. */
  readonly columns: readonly DataColumn<Row>[];
  /** Memoize them. New rows at the end keep the old ones as they are. */
  readonly rows: readonly Row[];
  rowKey(row: Row): string;
  readonly sort?: Sort | null;
  /** With it, the headers of sortable columns are buttons; null: the order of the rows. */
  onSort?(sort: Sort | null): void;
  onOpenRow?(row: Row): void;
  /** Of all rows, where the server says it. */
  readonly totalCount?: number | string;
  readonly hasMore?: boolean;
  /** Called when the end of the loaded rows comes near, once for each number of rows. */
  onLoadMore?(): void;
  /** For exports of rows that are not loaded yet. */
  readonly loadAll?: LoadAll<Row>;
  /** At most, pixels or a CSS length; default 65vh. */
  readonly height?: number | string;
  /** Menus of exports by the server. Default: CSV of all rows, where they are loaded or `loadAll` loads them. */
  readonly exports?: ReactNode;
  readonly emptyText?: ReactNode;
  /** Ids of hidden columns, where the address holds them; default: kept in the table. */
  readonly hiddenColumns?: readonly string[];
  onHiddenColumns?(hidden: readonly string[]): void;
}

/** The hidden columns of the address, or those that the table keeps itself. */
const useHidden = <Row,>({ hiddenColumns, onHiddenColumns }: DataTableProps<Row>) => {
  const [own, setOwn] = useState<readonly string[]>([]);
  return { hidden: hiddenColumns ?? own, onHidden: onHiddenColumns ?? setOwn };
};

/** The visible columns, by TanStack Table. Rows stay out of it: its models are made anew for each page, of a million too. */
const useVisibleColumns = <Row,>(columns: readonly DataColumn<Row>[], hidden: readonly string[]) => {
  const definitions = useMemo(() => columns.map(({ id }) => ({ id, header: id })), [columns]);
  const columnVisibility = useMemo(() => Object.fromEntries(hidden.map((id) => [id, false])), [hidden]);
  const [noRows] = useState<Record<string, never>[]>([]);
  const table = useTable({ features, columns: definitions, data: noRows, state: { columnVisibility } });
  const ids = table.getVisibleLeafColumns().map(({ id }) => id);
  const idList = JSON.stringify(ids);
  return useMemo(() => {
    const visible = new Set(JSON.parse(idList) as string[]);
    return columns.filter(({ id }) => visible.has(id));
  }, [columns, idList]);
};

/** Asks for more rows as the end comes near, once for each number of rows. */
const useLoadMore = (isNear: boolean, count: number, load: (() => void) | undefined): void => {
  const loadedAt = useRef(-1);
  useEffect(() => {
    if (!isNear || !load || loadedAt.current === count) return;
    loadedAt.current = count;
    load();
  }, [isNear, count, load]);
};

const Space = ({ height, columns }: { readonly height: number; readonly columns: number }) =>
  height > 0 && (
    <tr className={classes.space} aria-hidden style={{ height }}>
      <td colSpan={columns} />
    </tr>
  );

interface GridProps<Row> extends DataTableProps<Row> {
  readonly visible: readonly DataColumn<Row>[];
}

/** The table itself, in the box that it scrolls in. */
function Grid<Row>({ label, visible, rows, rowKey, sort, onSort, onOpenRow, ...rest }: GridProps<Row>) {
  const { totalCount, hasMore = false, onLoadMore, height = '65vh', emptyText = 'There are no rows.' } = rest;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLTableSectionElement>(null);
  const headerHeight = head.current?.offsetHeight ?? rowHeight;
  const drawn = useRowWindow({ count: rows.length, rowHeight, scrollElement: box, headerHeight });
  useLoadMore(hasMore && drawn.end > rows.length - loadAhead, rows.length, onLoadMore);
  const { active, onKeyDown, onClick } = useActiveCell({
    rowCount: rows.length,
    columnCount: visible.length,
    pageRows: Math.max(1, Math.floor(((box.current?.clientHeight ?? 0) - headerHeight) / rowHeight) - 1),
    scrollTo: drawn.scrollTo,
    onOpen: (index) => rows[index] !== undefined && onOpenRow?.(rows[index]),
    textOf: ({ row, column }) => (rows[row] === undefined ? undefined : visible[column]?.text?.(rows[row])),
  });
  const isActiveDrawn = active.row >= drawn.start && active.row < drawn.end;
  return (
    <Box ref={box} className={classes.box} style={{ maxHeight: height }}>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table that keys move in
        role="grid"
        aria-label={label}
        aria-rowcount={hasMore && totalCount === undefined ? -1 : Number(totalCount ?? rows.length) + 1}
        aria-colcount={visible.length}
        aria-activedescendant={isActiveDrawn ? cellId(id, active.row, active.column) : undefined}
        className={classes.table}
        style={{ minWidth: visible.reduce((sum, column) => sum + widthOf(column), 0) }}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <colgroup>
          {visible.map((column) => (
            <col key={column.id} style={{ width: widthOf(column) }} />
          ))}
        </colgroup>
        <thead ref={head}>
          <HeaderRow columns={visible} sort={sort} onSort={onSort} />
        </thead>
        <tbody>
          <Space height={drawn.before} columns={visible.length} />
          {rows.slice(drawn.start, drawn.end).map((row, offset) => (
            <BodyRow
              key={rowKey(row)}
              {...{ tableId: id, row, index: drawn.start + offset, columns: visible }}
              activeColumn={active.row === drawn.start + offset ? active.column : -1}
              isOpenable={onOpenRow !== undefined}
            />
          ))}
          <Space height={drawn.after} columns={visible.length} />
        </tbody>
      </table>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed" p="sm">
          {emptyText}
        </Text>
      )}
    </Box>
  );
}

/**
 * A table of any number of rows, loaded page by page: sticky header, sort by header, column choice, copies and exports.
 * By keyboard: arrows, Page Up and Down, Home and End move the active cell, Enter presses the control in it or opens the
 * row, Ctrl+C copies it.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows: loadedRows, sort, totalCount, hasMore = false, onLoadMore, loadAll, exports } = props;
  const { hidden, onHidden } = useHidden(props);
  const visible = useVisibleColumns(columns, hidden);
  const rows = useMemo(
    () => (hasMore ? loadedRows : sortedRows(loadedRows, columns, sort)),
    [loadedRows, columns, sort, hasMore],
  );
  return (
    <Stack gap={4}>
      <TableTools {...{ label, columns, rows, hidden, onHidden, totalCount, hasMore, loadAll, exports }} />
      <Grid {...props} rows={rows} visible={visible} />
      {hasMore && onLoadMore && (
        <Button variant="subtle" size="compact-sm" onClick={onLoadMore} style={{ alignSelf: 'center' }}>
          Load more rows
        </Button>
      )}
    </Stack>
  );
}
