import type { TimeSpan } from '../../lib/time-range.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { blockRows, everyRow, type RowFilter } from '../facts/memory/row-filter.ts';
import { ExperimentCounts } from './experiment-counts.ts';
import type { Moment } from './request.ts';
import type { MonitorServices } from './services.ts';
import { rowsPerSlice } from './tracker.ts';

/** Which events of an experiment a request counts. */
export interface PartRequest {
  /** Only users whose first event is in it, and their events in it. */
  readonly span?: TimeSpan | undefined;
  readonly filter?: EventFilter | undefined;
  readonly work: Work;
}

/** Only events below a row that pass; all of them without a filter of rows. */
interface EventFilter {
  readonly rows: number;
  readonly rowFilter: RowFilter | undefined;
}

/** Rows up to a moment: they are append-only. */
interface RowList {
  readonly rows: ExperimentCounts['rows'];
  readonly length: number;
}

/** All events of an experiment at a moment: those that count, and those that are outside of its period or excluded. */
type RowLists = readonly [counted: RowList, outside: RowList, excluded: RowList];

const listOf = (rows: ExperimentCounts['rows']): RowList => ({ rows, length: rows.length });

/** The events of this moment. */
export const rowListsOf = ({ rows, outside, excluded }: ExperimentCounts): RowLists => [
  listOf(rows),
  listOf(outside),
  listOf(excluded),
];

/** Counts a part of the events of an experiment, for one request. */
export const partOf = async (
  services: MonitorServices,
  { span, filter, work }: PartRequest,
  { experiment, countryOf }: Moment,
  whole: RowLists,
): Promise<ExperimentCounts> => {
  const newCounts = (): ExperimentCounts => new ExperimentCounts(services, experiment, countryOf);
  const filtered = newCounts();
  const eachRow = rowVisitor(work);
  await eachRow(whole, (row) => filtered.add(row), filter);
  if (!span) return filtered;
  const { columns } = services.experimentEvents;
  const { fromUs = -Infinity, toUs = Infinity } = span;
  const isIn = (row: number): boolean => columns.occurredAtUsOf(row) >= fromUs && columns.occurredAtUsOf(row) < toUs;
  const { exposures } = filtered;
  const part = newCounts();
  const [counted, ...others] = rowListsOf(filtered);
  await eachRow([counted], (row) => {
    if (!isIn(row)) return;
    const user = columns.userOf(row);
    if (isIn(exposures.firstRowAt(exposures.indexOf(user) as number))) part.add(row);
    else part.returningUsers.add(user);
  });
  await eachRow(others, (row) => isIn(row) && part.add(row));
  return part;
};

const rowVisitor = (work: Work) => {
  const yieldIfDue = createYielder(work);
  const block = new Uint32Array(Math.min(rowsPerSlice, blockRows));
  return async (lists: readonly RowList[], visit: (row: number) => void, filter?: EventFilter): Promise<void> => {
    const { rows: end = Number.POSITIVE_INFINITY, rowFilter = everyRow } = filter ?? {};
    for (const { rows, length } of lists)
      for (let from = 0; from < length; from += block.length) {
        await yieldIfDue();
        let count = 0;
        for (let index = from; index < Math.min(from + block.length, length); index++) {
          const row = rows.at(index);
          if (row < end) block[count++] = row;
        }
        count = rowFilter.keep(block, count);
        for (let index = 0; index < count; index++) visit(block[index] as number);
      }
  };
};
