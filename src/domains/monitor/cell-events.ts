import type { CellEvents, CountedSelection, EventPasses, PassScope } from './event-passes.ts';
import { type ScannedEvents, scanEvents } from './scan-events.ts';

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
export const createCellScans = (scanned: ScannedEvents): Pick<EventPasses, 'cell' | 'seqs'> => {
  const found = new Map<string, Promise<Cells>>();
  const counted = new Map<string, Promise<number[]>>();
  const { users, experimentEvents } = scanned.services;
  const { variants } = experimentEvents.events;
  return {
    async cell(scope, country, variant): Promise<CellEvents> {
      const key = JSON.stringify(scope.country ?? null);
      const finding = found.get(key) ?? findCells(scanned, scope);
      found.set(key, finding);
      const cells = await finding;
      const [market, arm] = [users.countries.names.codeOf(country), variants.codeOf(variant)];
      const cell = market === undefined || arm === undefined ? undefined : cells.get(market)?.get(arm);
      return cell ?? { seqs: [], users: [] };
    },
    /** One pass over the events for each selection. */
    seqs(scope, selection): Promise<readonly number[]> {
      const key = JSON.stringify([scope.country, selection.variants, selection.arrival]);
      const known = counted.get(key) ?? findEvents(scanned, scope, selection);
      counted.set(key, known);
      return known;
    },
  };
};

const findEvents = async (
  scanned: ScannedEvents,
  scope: PassScope,
  { variants: names, arrival }: CountedSelection,
): Promise<number[]> => {
  const { columns, events } = scanned.services.experimentEvents;
  const variants = names && new Set(names.map((name) => events.variants.codeOf(name)));
  const seqs: number[] = [];
  await scanEvents(scanned, scope, (row) => {
    if (variants && !variants.has(events.variantOf(row))) return;
    if (arrival === undefined || events.arrivalOf(row) === arrival) seqs.push(columns.seqOf(row));
  });
  return seqs;
};

const findCells = async (scanned: ScannedEvents, scope: PassScope): Promise<Cells> => {
  const { users, experimentEvents } = scanned.services;
  const { columns, events } = experimentEvents;
  const cells: Cells = new Map();
  const members = new CellMembers(users.codes.size);
  let count = 0;
  await scanEvents(scanned, scope, (row) => {
    const user = columns.userOf(row);
    const [country, variant] = [scanned.countryOf(user), events.variantOf(row)];
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
