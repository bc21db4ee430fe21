import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { serverIsClosing } from '../../../src/errors.ts';
import { RecordColumns } from '../../../src/lib/record-columns.ts';
import type { Commit } from '../../store.ts';
import { commits } from '../../tables/index.ts';
import { columnOf, rowDecoderOf } from '../rows/columns.ts';

export interface RecordQuery {
  readonly table: SQLiteTable;
  /** The properties of the rows. */
  readonly columns: readonly string[];
  /** The text after the table's name, with `?` for each parameter. */
  readonly condition: string;
  readonly parameters: readonly unknown[];
}

interface PreparedQuery {
  readonly statement: Database.Statement;
  readonly decode: ((row: Record<string, unknown>) => void) | null;
}

/** Reads rows: the SQLite driver builds the objects, at half of Drizzle's cost. */
export class RecordReader {
  readonly #client: Database.Database;
  readonly #prepared = new Map<string, PreparedQuery>();

  constructor(client: Database.Database) {
    this.#client = client;
  }

  /** Throws NOT_READY once the store is closed: requests that are cut off go on for a moment. */
  read({ table, columns, condition, parameters }: RecordQuery): Record<string, unknown>[] {
    if (!this.#client.open) throw serverIsClosing();
    const { statement, decode } = this.#prepare(table, columns, condition, rowsQuery);
    const rows = statement.all(parameters) as Record<string, unknown>[];
    if (decode) for (const row of rows) decode(row);
    return rows;
  }

  /**
   * The same as columns, for many records. The driver takes most of the time of a read to make a value of each cell: here
   * SQLite makes one text of each column.
   */
  readColumns({ table, columns, condition, parameters }: RecordQuery): RecordColumns {
    if (!this.#client.open) throw serverIsClosing();
    const { statement, decode } = this.#prepare(table, columns, condition, columnsQuery);
    const [length, ...lists] = statement.raw().get(parameters) as [number, ...string[]];
    return new RecordColumns({
      ...{ length, decode },
      columns: new Map(columns.map((column, index) => [column, lists[index] as string])),
    });
  }

  #prepare(table: SQLiteTable, columns: readonly string[], condition: string, query: typeof rowsQuery): PreparedQuery {
    const key = `${query.name} ${getTableName(table)} ${columns} ${condition}`;
    let prepared = this.#prepared.get(key);
    if (!prepared) {
      const list = columns.map((name) => `"${columnOf(table, name).name}" as "${name}"`).join(', ');
      const statement = this.#client.prepare(
        query(columns, `select ${list} from "${getTableName(table)}" ${condition}`),
      );
      prepared = { statement, decode: rowDecoderOf(table, columns) };
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }
}

const commitColumns = ['lastSeq', 'recordedAtUs'] as const;

/** The first commits after a sequence number, oldest first. */
export const commitsAfter = (reader: RecordReader, seq: number, limit: number): Commit[] => {
  const condition = 'where last_seq > ? order by last_seq limit ?';
  const rows = reader.read({ table: commits, columns: commitColumns, condition, parameters: [seq, limit] });
  return rows as unknown as Commit[];
};

const rowsQuery = (_columns: readonly string[], rows: string): string => rows;

/** SQLite keeps the order of the rows for an aggregate that depends on it. */
const columnsQuery = (columns: readonly string[], rows: string): string =>
  `select count(*), ${columns.map((name) => `json_group_array("${name}")`).join(', ')} from (${rows})`;
