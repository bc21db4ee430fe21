import type { Arrival } from '../experiments/event-columns.ts';
import { scanEvents } from './scan-events.ts';
import type { ReportSources } from './snapshot.ts';

/** What a market and variant counts, in the order of the ledger. */
export interface CellEvents {
  /** The sequence numbers of its events. */
  readonly seqs: readonly number[];
  /** The codes of its users, in the order of their first event there. */
  readonly users: ReadonlySet<number>;
}

/** Which of the counted events; default: all. */
export interface CountedSelection {
  readonly variants?: readonly string[] | undefined;
  readonly arrival?: Arrival | undefined;
}

interface OpenCell {
  readonly seqs: number[];
  /** Those that did not arrive in time. */
  readonly late: number[];
  readonly future: number[];
  readonly users: Set<number>;
}

/** By the codes of country and variant. */
type Cells = Map<number, Map<number, OpenCell>>;

/**
 * Finds exactly the events and users that the report counts, for a country and variant or of all of them. The first request
 * goes through the events of the report, for all cells.
 */
export const createCellEvents = (sources: ReportSources) => {
  let finding: Promise<Cells> | undefined;
  const cellsOnce = (): Promise<Cells> => {
    finding ??= findCells(sources);
    return finding;
  };
  const { users, experimentEvents } = sources.services;
  const { variants } = experimentEvents.events;
  return {
    cellEvents: async (country: string, variant: string): Promise<CellEvents> => {
      const cells = await cellsOnce();
      const [market, arm] = [users.countries.names.codeOf(country), variants.codeOf(variant)];
      const found = market === undefined || arm === undefined ? undefined : cells.get(market)?.get(arm);
      return found ?? { seqs: [], users: new Set() };
    },
    /** Sequence numbers, ascending. Costs one step for each event that matches, and sorting those of several cells. */
    countedEvents: async ({ variants: names, arrival }: CountedSelection): Promise<ArrayLike<number>> => {
      const arms = names && new Set(names.map((name) => variants.codeOf(name)));
      const lists: (readonly number[])[] = [];
      for (const market of (await cellsOnce()).values())
        for (const [arm, cell] of market) if (!arms || arms.has(arm)) lists.push(seqsOf(cell, arrival));
      return inOrder(lists);
    },
  };
};

const seqsOf = ({ seqs, late, future }: OpenCell, arrival: Arrival | undefined): readonly number[] => {
  if (arrival === undefined) return seqs;
  if (arrival === 'LATE') return late;
  if (arrival === 'FUTURE') return future;
  const others = new Set([...late, ...future]);
  return seqs.filter((seq) => !others.has(seq));
};

/** Each number occurs once. */
const inOrder = (lists: readonly (readonly number[])[]): Uint32Array => {
  const all = new Uint32Array(lists.reduce((count, { length }) => count + length, 0));
  let end = 0;
  for (const list of lists) {
    all.set(list, end);
    end += list.length;
  }
  return lists.length > 1 ? all.sort() : all;
};

const findCells = async (sources: ReportSources): Promise<Cells> => {
  const { columns, events } = sources.services.experimentEvents;
  const cells: Cells = new Map();
  await scanEvents(sources, (row) => {
    const user = columns.userOf(row);
    const [country, variant] = [sources.events.countryOf(user), events.variantOf(row)];
    const market = cells.get(country) ?? new Map<number, OpenCell>();
    cells.set(country, market);
    const cell = market.get(variant) ?? { seqs: [], late: [], future: [], users: new Set() };
    market.set(variant, cell);
    const [seq, arrival] = [columns.seqOf(row), events.arrivalOf(row)];
    cell.seqs.push(seq);
    if (arrival === 'LATE') cell.late.push(seq);
    if (arrival === 'FUTURE') cell.future.push(seq);
    cell.users.add(user);
  });
  return cells;
};
