import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useMemo, useReducer, useRef } from 'react';

/** Browsers cut elements off at about 33 million pixels. */
const heightMax = 15_000_000;

/**
 * Rows come and go in blocks of as many: React has less to do while a person scrolls, and the virtualizer, which keeps an
 * object for each of its items and makes all anew for each page that is loaded, has fewer items.
 */
const blockRows = 8;

/** Blocks drawn above and below what can be seen. */
const overscan = 1;

export interface RowWindow {
  /** The first row that is drawn, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** Of the space above and below the drawn rows, pixels. */
  readonly before: number;
  readonly after: number;
  scrollTo(index: number): void;
}

/**
 * How pixels of the scroll bar become pixels of rows. Up to `heightMax` they are the same; above it the scroll bar is
 * shorter than the rows, and a pixel of it stands for several.
 */
export const scaleOf = (rowsHeight: number, viewHeight: number, max: number = heightMax): number =>
  rowsHeight <= max ? 1 : (rowsHeight - viewHeight) / (max - viewHeight);

interface RowWindowOptions {
  readonly count: number;
  readonly rowHeight: number;
  readonly scrollElement: RefObject<HTMLDivElement | null>;
  /** Of what stays at the top, pixels. */
  readonly headerHeight: number;
}

/** Reports the offset among the rows, which is not that of the scroll bar when it is scaled. */
const observeOffset =
  (scale: RefObject<number>, drawAgain: () => void) =>
  (
    { scrollElement }: { readonly scrollElement: HTMLDivElement | null },
    report: (offset: number, isScrolling: boolean) => void,
  ) => {
    if (!scrollElement) return undefined;
    const read = () => {
      report(scrollElement.scrollTop * scale.current, false);
      // The browser has moved the rows by pixels of the scroll bar.
      if (scale.current !== 1) drawAgain();
    };
    read();
    scrollElement.addEventListener('scroll', read, { passive: true });
    return () => scrollElement.removeEventListener('scroll', read);
  };

/** The rows that can be seen, of any number: all have the same height, so only these are drawn. */
export const useRowWindow = ({ count, rowHeight, scrollElement, headerHeight }: RowWindowOptions): RowWindow => {
  const scale = useRef(1);
  const rowsHeight = count * rowHeight;
  const viewHeight = Math.max(0, (scrollElement.current?.clientHeight ?? 0) - headerHeight);
  scale.current = scaleOf(rowsHeight, viewHeight);
  const [, drawAgain] = useReducer((draws: number) => draws + 1, 0);
  const observeElementOffset = useMemo(() => observeOffset(scale, drawAgain), []);
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLTableRowElement>({
    count: Math.ceil(count / blockRows),
    getScrollElement: () => scrollElement.current,
    estimateSize: () => rowHeight * blockRows,
    overscan,
    initialRect: { width: 0, height: 600 },
    observeElementOffset,
  });
  const items = virtualizer.getVirtualItems();
  const start = Math.min(count, (items[0]?.index ?? 0) * blockRows);
  const end = Math.min(count, ((items.at(-1)?.index ?? -1) + 1) * blockRows);
  // Where the scroll bar is scaled, the drawn rows keep their distance to what can be seen.
  const offset = scrollElement.current?.scrollTop ?? 0;
  const total = Math.min(rowsHeight, heightMax);
  const drawn = (end - start) * rowHeight;
  const exact = scale.current === 1 ? start * rowHeight : offset + start * rowHeight - offset * scale.current;
  const before = Math.max(0, Math.min(exact, total - drawn));
  return {
    start,
    end,
    before,
    after: Math.max(0, total - before - drawn),
    scrollTo(index) {
      const element = scrollElement.current;
      if (!element) return;
      const height = element.clientHeight - headerHeight;
      const top = index * rowHeight;
      const current = element.scrollTop * scale.current;
      if (top < current) element.scrollTop = top / scale.current;
      else if (top + rowHeight > current + height) element.scrollTop = (top + rowHeight - height) / scale.current;
    },
  };
};
