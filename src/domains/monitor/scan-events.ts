import { createYielder } from '../../lib/yielding.ts';
import type { PassScope } from './event-passes.ts';
import type { ExperimentCounts } from './experiment-counts.ts';
import type { MonitorServices } from './services.ts';

/** The counted events as rows of columns in memory. */
export interface ScannedEvents {
  readonly services: MonitorServices;
  /** Append-only: the first `eventCount` of them count. */
  readonly rows: ExperimentCounts['rows'];
  readonly eventCount: number;
  /** Code of a user's country as of the moment of the report. */
  readonly countryOf: (user: number) => number;
  readonly timeZone: string;
}

/** Rows that are visited without looking at the clock: a visit may cost microseconds. */
const rowsPerSlice = 256;

/** Calls back with the row of every event of the requested market, in the order of the ledger. */
export const scanEvents = async (
  { services: { users, experimentEvents }, rows, eventCount, countryOf }: ScannedEvents,
  { country, work }: PassScope,
  visit: (row: number) => void,
): Promise<void> => {
  const { columns } = experimentEvents;
  const market = country === undefined ? undefined : (users.countries.names.codeOf(country) ?? -1);
  const yieldIfDue = createYielder(work);
  for (let index = 0; index < eventCount; index++) {
    if (index % rowsPerSlice === 0) await yieldIfDue();
    const row = rows.at(index);
    if (market === undefined || countryOf(columns.userOf(row)) === market) visit(row);
  }
};
