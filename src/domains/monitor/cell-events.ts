import type { Arrival } from '../experiments/event-columns.ts';
import { scanEvents } from './scan-events.ts';
import type { ReportSources } from './snapshot.ts';

/** What a market and variant counts, in the order of the ledger. */
export interface CellEvents {
  /** The sequence numbers of its events. */
  readonly seqs: readonly number[];
  /** The codes of its users, in the order of their first event there. */
  readonly users: readonly number[];
}

/** Which of the counted events; default: all. */
export interface CountedSelection {
  readonly variants?: readonly string[] | undefined;
  readonly arrival?: Arrival | undefined;
}

interface OpenCell {
  readonly number: number;
  readonly seqs: number[];
  readonly users: number[];
}

/** By the codes of country and variant. */
type Cells = Map<number, Map<number, OpenCell>>;

/**
 * Finds exactly the events and users that the report counts, for a country and variant or of all of them. The first request
 * goes through the events of the report, for all cells.
 */
export const createCellEvents = (sources: ReportSources) => {
  let finding: Promise<Cells> | undefined;
  const counted = new Map<string, Promise<number[]>>();
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
      return found ?? { seqs: [], users: [] };
    },
    /** Sequence numbers, ascending: one pass over the events for each selection. */
    countedEvents(selection: CountedSelection): Promise<readonly number[]> {
      const key = JSON.stringify([selection.variants, selection.arrival]);
      const found = counted.get(key) ?? findEvents(sources, selection);
      counted.set(key, found);
      return found;
    },
  };
};

const findEvents = async (
  sources: ReportSources,
  { variants: names, arrival }: CountedSelection,
): Promise<number[]> => {
  const { columns, events } = sources.services.experimentEvents;
  const variants = names && new Set(names.map((name) => events.variants.codeOf(name)));
  const seqs: number[] = [];
  await scanEvents(sources, (row) => {
    if (variants && !variants.has(events.variantOf(row))) return;
    if (arrival === undefined || events.arrivalOf(row) === arrival) seqs.push(columns.seqOf(row));
  });
  return seqs;
};

const findCells = async (sources: ReportSources): Promise<Cells> => {
  const { users, experimentEvents } = sources.services;
  const { columns, events } = experimentEvents;
  const cells: Cells = new Map();
  const members = new CellMembers(users.codes.size);
  let count = 0;
  await scanEvents(sources, (row) => {
    const user = columns.userOf(row);
    const [country, variant] = [sources.events.countryOf(user), events.variantOf(row)];
    const market = cells.get(country) ?? new Map<number, OpenCell>();
    cells.set(country, market);
    const cell = market.get(variant) ?? { number: count++, seqs: [], users: [] };
    market.set(variant, cell);
    cell.seqs.push(columns.seqOf(row));
    if (members.add(cell.number, user)) cell.users.push(user);
  });
  return cells;
};

/**
 * Which users are in which cells: most in one. Not a set for each cell, because a set that grows copies all that it has at once,
 * which takes tens of milliseconds with hundreds of thousands of users.
 */
class CellMembers {
  /** By user, the number of the first cell, plus 1; 0 for a user who is in none. */
  readonly #first: Uint32Array;
  /** The further cells of a user. */
  readonly #others = new Map<number, Set<number>>();

  constructor(users: number) {
    this.#first = new Uint32Array(users);
  }

  /** Whether the user was not in the cell yet. */
  add(cell: number, user: number): boolean {
    const first = this.#first[user] as number;
    if (first === 0) this.#first[user] = cell + 1;
    if (first === 0 || first === cell + 1) return first === 0;
    const others = this.#others.get(user) ?? new Set();
    this.#others.set(user, others);
    const isNew = !others.has(cell);
    others.add(cell);
    return isNew;
  }
}
