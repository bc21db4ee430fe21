import type Database from 'better-sqlite3';
import type { SqlConnection } from '../rows/sql-connection.ts';

/** Rows of one statement: more save little, and each statement is compiled for its number of rows. */
export const blockRows = 32;

type Values = readonly unknown[];

/** What a column has in the rows of a block: one value, integers that follow each other, or any values. */
type Pattern = 'SAME' | 'SERIAL' | 'ANY';

/**
 * Inserts blocks of `blockRows` rows, each by one statement. A column that has one value in all rows of a block is bound once, as
 * is one of serial numbers: the values of a record, of which each is copied to SQLite by itself, are mostly half as many then.
 */
export class BlockInsert {
  readonly #client: SqlConnection;
  /** The statement up to the rows. */
  readonly #head: string;
  readonly #width: number;
  /**
   * By column: what the rows of each block so far had in it. A pattern that a block breaks is given up for good, so that there is
   * one statement for most blocks, and never more than one for each column and the first.
   */
  #patterns: Pattern[] | undefined;
  #statement: Database.Statement | undefined;

  constructor(client: SqlConnection, head: string, width: number) {
    this.#client = client;
    this.#head = head;
    this.#width = width;
  }

  /** Inserts `blockRows` rows. When one fails, those before it are inserted. */
  run(rows: readonly Values[]): Database.RunResult {
    const patterns = this.#patternsOf(rows);
    this.#statement ??= this.#prepare(patterns);
    const named: Record<string, unknown> = {};
    const others: number[] = [];
    for (let column = 0; column < patterns.length; column++) {
      if (patterns[column] === 'ANY') others.push(column);
      else named[`c${column}`] = rows[0]?.[column];
    }
    const single: unknown[] = [];
    for (let row = 0; row < blockRows; row++) {
      const values = rows[row] as Values;
      for (let index = 0; index < others.length; index++) single.push(values[others[index] as number]);
    }
    return others.length === this.#width ? this.#statement.run(single) : this.#statement.run(named, single);
  }

  /** The patterns that hold for these rows and all before them. */
  #patternsOf(rows: readonly Values[]): readonly Pattern[] {
    if (!this.#patterns)
      this.#patterns = Array.from({ length: this.#width }, (_, column) => this.#patternOf(rows, column));
    for (let column = 0; column < this.#width; column++) {
      const pattern = this.#patterns[column];
      if (pattern === 'ANY' || this.#holds(pattern as Pattern, rows, column)) continue;
      this.#patterns[column] = 'ANY';
      this.#statement = undefined;
    }
    return this.#patterns;
  }

  #patternOf(rows: readonly Values[], column: number): Pattern {
    if (this.#holds('SAME', rows, column)) return 'SAME';
    return this.#holds('SERIAL', rows, column) ? 'SERIAL' : 'ANY';
  }

  #holds(pattern: Pattern, rows: readonly Values[], column: number): boolean {
    const first = rows[0]?.[column];
    if (pattern === 'SAME') {
      for (let row = 1; row < blockRows; row++) if (!Object.is((rows[row] as Values)[column], first)) return false;
      return true;
    }
    // Integers are in columns of integers only: SQLite adds to the first one what JavaScript would.
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger((first as number) + blockRows)) return false;
    let next = first as number;
    for (let row = 1; row < blockRows; row++) if ((rows[row] as Values)[column] !== ++next) return false;
    return true;
  }

  #prepare(patterns: readonly Pattern[]): Database.Statement {
    const rows = Array.from({ length: blockRows }, (_, row) => {
      const cells = patterns.map((pattern, column) =>
        pattern === 'ANY' ? '?' : pattern === 'SAME' ? `:c${column}` : `:c${column} + ${row}`,
      );
      return `(${cells.join(', ')})`;
    });
    return this.#client.prepare(`${this.#head}${rows.join(', ')}`);
  }
}
