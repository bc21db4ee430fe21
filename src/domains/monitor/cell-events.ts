import { scanEvents } from './scan-events.ts';
import type { ReportSources } from './snapshot.ts';

/** What a market and variant counts, in the order of the ledger. */
export interface CellEvents {
  /** The sequence numbers of its events. */
  readonly seqs: readonly number[];
  /** The codes of its users, in the order of their first event there. */
  readonly users: ReadonlySet<number>;
}

interface OpenCell {
  readonly seqs: number[];
  readonly users: Set<number>;
}

/** By the codes of country and variant. */
type Cells = Map<number, Map<number, OpenCell>>;

/**
 * Finds exactly the events and users that the report counts for a country and variant. The first request goes through the events of
 * the report, for all cells.
 */
export const createCellEvents = (sources: ReportSources) => {
  let finding: Promise<Cells> | undefined;
  return async (country: string, variant: string): Promise<CellEvents> => {
    const { users, experimentEvents } = sources.services;
    finding ??= findCells(sources);
    const cells = await finding;
    const [market, arm] = [users.countries.names.codeOf(country), experimentEvents.events.variants.codeOf(variant)];
    const found = market === undefined || arm === undefined ? undefined : cells.get(market)?.get(arm);
    return found ?? { seqs: [], users: new Set() };
  };
};

const findCells = async (sources: ReportSources): Promise<Cells> => {
  const { columns, events } = sources.services.experimentEvents;
  const cells: Cells = new Map();
  await scanEvents(sources, (row) => {
    const user = columns.userOf(row);
    const [country, variant] = [sources.events.countryOf(user), events.variantOf(row)];
    const market = cells.get(country) ?? new Map<number, OpenCell>();
    cells.set(country, market);
    const cell = market.get(variant) ?? { seqs: [], users: new Set() };
    market.set(variant, cell);
    cell.seqs.push(columns.seqOf(row));
    cell.users.add(user);
  });
  return cells;
};
