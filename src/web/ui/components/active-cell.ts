import { type KeyboardEvent, type MouseEvent, useState } from 'react';

export interface ActiveCell {
  readonly row: number;
  readonly column: number;
}

interface ActiveCellOptions {
  readonly rowCount: number;
  readonly columnCount: number;
  /** Rows that the keys Page Up and Page Down move by. */
  readonly pageRows: number;
  scrollTo(row: number): void;
  onOpen(row: number): void;
  /** The text that Ctrl+C copies. */
  textOf(cell: ActiveCell): string | undefined;
}

const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));

/** Where a key moves to; undefined for keys that do not move. */
export const movedBy = (
  { key, ctrlKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey'>,
  { row, column }: ActiveCell,
  { rowCount, columnCount, pageRows }: Pick<ActiveCellOptions, 'rowCount' | 'columnCount' | 'pageRows'>,
): ActiveCell | undefined => {
  const moves: Readonly<Record<string, ActiveCell>> = {
    ArrowDown: { row: row + 1, column },
    ArrowUp: { row: row - 1, column },
    ArrowRight: { row, column: column + 1 },
    ArrowLeft: { row, column: column - 1 },
    PageDown: { row: row + pageRows, column },
    PageUp: { row: row - pageRows, column },
    Home: ctrlKey ? { row: 0, column: 0 } : { row, column: 0 },
    End: ctrlKey ? { row: rowCount - 1, column: columnCount - 1 } : { row, column: columnCount - 1 },
  };
  const moved = moves[key];
  return moved && { row: clamp(moved.row, rowCount), column: clamp(moved.column, columnCount) };
};

const interactive = 'a[href], button, input, select, textarea';

const cellElement = (table: HTMLElement, { row, column }: ActiveCell): HTMLElement | null =>
  table.querySelector(`tr[data-index="${row}"] > td[data-column="${column}"]`);

/** The cell that keys act on, in the manner of a spreadsheet: the focus stays on the table, so rows may come and go. */
export const useActiveCell = (options: ActiveCellOptions) => {
  const [active, setActive] = useState<ActiveCell>({ row: 0, column: 0 });
  const cell = { row: clamp(active.row, options.rowCount), column: clamp(active.column, options.columnCount) };
  return {
    active: cell,
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      // Keys in a control inside of a cell belong to it.
      if (event.target !== event.currentTarget) return;
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        const control = cellElement(event.currentTarget, cell)?.querySelector<HTMLElement>(interactive);
        if (control) control.click();
        else options.onOpen(cell.row);
        return;
      }
      if (event.key === 'c' && (event.ctrlKey || event.metaKey) && getSelection()?.isCollapsed !== false) {
        const text = options.textOf(cell);
        if (text !== undefined) void navigator.clipboard?.writeText(text);
        return;
      }
      const moved = movedBy(event, cell, options);
      if (!moved || event.altKey || event.metaKey) return;
      event.preventDefault();
      setActive(moved);
      options.scrollTo(moved.row);
    },
    onClick(event: MouseEvent<HTMLElement>) {
      const target = event.target as HTMLElement;
      const td = target.closest<HTMLElement>('td[data-column]');
      const row = Number(td?.parentElement?.dataset.index);
      if (!td || !Number.isInteger(row)) return;
      setActive({ row, column: Number(td.dataset.column) });
      // A person who selects text does not mean to open the row.
      if (target.closest(interactive) || getSelection()?.isCollapsed === false) return;
      event.currentTarget.focus({ preventScroll: true });
      options.onOpen(row);
    },
  };
};
