import { createYielder } from '../../lib/yielding.ts';
import type { ReportSources } from './snapshot.ts';

/** Rows that are visited without looking at the clock: a visit may cost microseconds. */
const rowsPerSlice = 256;

/** Calls back with the row of every event of the requested market, in the order of the ledger. */
export const scanEvents = async (
  { services: { users, experimentEvents }, snapshot, events: { rows, countryOf }, work }: ReportSources,
  visit: (row: number) => void,
): Promise<void> => {
  const { country, eventCount } = snapshot;
  const { columns } = experimentEvents;
  const market = country === undefined ? undefined : (users.countries.names.codeOf(country) ?? -1);
  const yieldIfDue = createYielder(work);
  for (let index = 0; index < eventCount; index++) {
    if (index % rowsPerSlice === 0) await yieldIfDue();
    const row = rows.at(index);
    if (market === undefined || countryOf(columns.userOf(row)) === market) visit(row);
  }
};
