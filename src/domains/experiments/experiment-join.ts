import { createYielder } from '../../lib/yielding.ts';
import type { FactColumns } from '../facts/memory/columns.ts';
import type { Join } from '../facts/memory/join.ts';
import type { EventColumns } from './event-columns.ts';
import type { Experiments } from './experiments.ts';
import type { Plans } from './plans.ts';

interface EventRows {
  readonly columns: FactColumns;
  readonly events: Pick<EventColumns, 'namedExperimentOf' | 'variantOf' | 'variants'>;
}

/** Rows that are assigned without looking at the clock. */
const rowsPerSlice = 4096;

/** The code of the experiment that the event of a row belongs to. */
export const experimentOf = ({ columns, events }: EventRows, row: number, plans: Plans): number => {
  const named = events.namedExperimentOf(row);
  if (named !== null) return named;
  const variant = events.variants.textOf(events.variantOf(row));
  return plans.codeOf({ named, atUs: columns.occurredAtUsOf(row), variant });
};

/** The experiment that a fact belongs to by the current plans. */
export const joinExperiment = (
  columns: FactColumns,
  events: EventRows['events'],
  experiments: Experiments,
): Join<Plans> => ({
  name: 'experiment',
  basis: experiments.plans,
  basisAt: experiments.plansAt,
  allocate: (rows) => new Uint32Array(rows),
  fill({ rows, codes }, plans) {
    for (let index = 0; index < rows.length; index++)
      codes[index] = experimentOf({ columns, events }, rows[index] as number, plans);
  },
});

/** How many events the plans `after` assign to another experiment than the plans `before`. */
export const countMoved = async (rows: EventRows, before: Plans, after: Plans): Promise<number> => {
  const yieldIfDue = createYielder(undefined);
  let moved = 0;
  for (let row = 0; row < rows.columns.rows; row++) {
    if (row % rowsPerSlice === 0) await yieldIfDue();
    if (rows.events.namedExperimentOf(row) !== null) continue;
    if (experimentOf(rows, row, before) !== experimentOf(rows, row, after)) moved++;
  }
  return moved;
};
