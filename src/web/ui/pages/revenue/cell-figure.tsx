import { UnstyledButton } from '@mantine/core';
import { missing } from '../../format/numbers.ts';
import type { GroupFiguresFragment } from '../../generated/graphql.ts';
import { labelOfCell } from './dimensions.ts';
import type { Pivot } from './load-pivot.ts';
import { measures } from './measures.ts';
import type { Cell } from './search.ts';

interface CellFigureProps {
  readonly pivot: Pick<Pivot, 'request' | 'total'>;
  readonly cell: Cell;
  /** Undefined where there are no facts, and so nothing to open. */
  readonly figures: GroupFiguresFragment | undefined;
  onOpen(cell: Cell): void;
}

/** The figure of a cell, which opens its rows. A median of nothing is an en dash that opens the rows without amounts. */
export function CellFigure({ pivot: { request, total }, cell, figures, onOpen }: CellFigureProps) {
  if (!figures || figures.count === 0) return missing;
  const { valueIn, format } = measures[request.measure];
  const text = format(valueIn(figures, total));
  return (
    <UnstyledButton
      fz="inherit"
      fw="inherit"
      td="underline dotted"
      className="asof-figure"
      aria-label={`${text}: rows of ${labelOfCell(cell, request.grain, request.timeZone)}`}
      onClick={() => onOpen(cell)}
    >
      {text}
    </UnstyledButton>
  );
}
