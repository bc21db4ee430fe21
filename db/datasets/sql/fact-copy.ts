import type { SqlFacts, SqlState } from './engine.ts';
import type { FactView } from './messages.ts';
import type { SqlProcess } from './process.ts';

/** A state in the process, and how many queries use it. */
interface StoredState {
  readonly key: string;
  readonly table: string;
  readonly columns: readonly string[];
  users: number;
}

/** States that no query uses and that are retained, because pages and repeated questions name them again. */
const unusedStatesMax = 2;

/**
 * The copy of one kind of facts in a process. Rows are only added: states see the first rows of the same table, so queries of
 * different states run at the same time. What depends on the state is a table of its own for each state.
 */
class CopiedTable {
  readonly #process: SqlProcess;
  readonly #facts: SqlFacts;
  readonly #newStateTable: () => string;
  #isCreated = false;
  #rows = 0;
  #cursor = 0;
  /** Least recently used first. */
  #states: StoredState[] = [];

  constructor(process: SqlProcess, facts: SqlFacts, newStateTable: () => string) {
    this.#process = process;
    this.#facts = facts;
    this.#newStateTable = newStateTable;
  }

  /** Adds the rows up to the state, and the state itself; the result is in use until it is released. */
  async acquire(state: SqlState): Promise<StoredState> {
    await this.#addRows(state.cursor);
    const known = this.#states.find(({ key }) => key === state.key);
    const stored = known ?? (await this.#addState(state));
    stored.users += 1;
    this.#states = [...this.#states.filter((each) => each !== stored), stored];
    return stored;
  }

  async release(stored: StoredState): Promise<void> {
    stored.users -= 1;
    const unused = this.#states.filter(({ users }) => users === 0);
    const old = new Set(unused.slice(0, Math.max(0, unused.length - unusedStatesMax)));
    this.#states = this.#states.filter((each) => !old.has(each));
    for (const { table, columns } of old) await this.#process.run('dropState', { table, columns });
  }

  viewOf(name: string, { sequence }: SqlState, { table }: StoredState): FactView {
    const { stateColumns, visible, filter, superseded } = this.#facts;
    return { name, table: this.#facts.name, sequence, stateTable: table, stateColumns, visible, filter, superseded };
  }

  async #addRows(cursor: number): Promise<void> {
    const { name: table, columns } = this.#facts;
    if (!this.#isCreated) await this.#process.run('createTable', { table, columns });
    this.#isCreated = true;
    if (cursor <= this.#cursor) return;
    for await (const page of this.#facts.pages(this.#cursor, cursor)) {
      const { rows, columns: values } = page;
      if (rows > 0) await this.#process.run('append', { table, columns, firstRow: this.#rows, rows, values });
      this.#rows += rows;
      this.#cursor = page.cursor;
    }
    this.#cursor = cursor;
  }

  async #addState(state: SqlState): Promise<StoredState> {
    const columns = this.#facts.stateColumns.length === 0 ? [] : await state.codes();
    const table = this.#newStateTable();
    const facts = { facts: this.#facts.name, sequence: state.sequence };
    if (columns.length > 0) await this.#process.run('createState', { table, columns, ...facts });
    return { key: state.key, table, columns: columns.map(({ name }) => name), users: 0 };
  }
}

/** The copies of all facts in one process. They end with it. */
export class FactCopies {
  readonly #process: SqlProcess;
  readonly #tables = new Map<string, CopiedTable>();
  #lastState = 0;
  /** Changes run one after the other, so that no row is added twice. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(process: SqlProcess) {
    this.#process = process;
  }

  /** Runs `work` with the view of a state; the state remains until it has ended. */
  async withView<R>(name: string, facts: SqlFacts, state: SqlState, work: (view: FactView) => Promise<R>): Promise<R> {
    const table = this.#tableOf(facts);
    const stored = await this.#inOrder(() => table.acquire(state));
    try {
      return await work(table.viewOf(name, state, stored));
    } finally {
      if (!this.#process.hasEnded) await this.#inOrder(() => table.release(stored));
    }
  }

  #tableOf(facts: SqlFacts): CopiedTable {
    const known = this.#tables.get(facts.name);
    if (known) return known;
    const created = new CopiedTable(this.#process, facts, () => {
      this.#lastState += 1;
      return `state_${this.#lastState}`;
    });
    this.#tables.set(facts.name, created);
    return created;
  }

  #inOrder<R>(work: () => Promise<R>): Promise<R> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
