import Database from 'better-sqlite3';
import type { ColumnType } from '../../../src/lib/column.ts';

/** A column as the catalogue of a column file describes it. */
export interface FileColumn {
  readonly name: string;
  readonly header: string;
  readonly type: ColumnType;
  /** Digits after the point of a DECIMAL, whose values are whole numbers of this scale. */
  readonly scale: number;
  /** Whether its numbers are 64-bit integers rather than doubles. */
  readonly wide: boolean;
  readonly isExplicit: boolean;
  readonly nulls: number;
  readonly misfits: number;
}

/** Rows of a chunk of a column file. */
interface ChunkOfRows {
  /** For each column its values in order: texts, or numbers of which NaN or `wideNull` is missing. */
  readonly columns: readonly (readonly string[] | Float64Array | BigInt64Array)[];
  readonly firstRow: number;
  readonly lines: Uint32Array;
  readonly importIds: Uint32Array;
}

/** The id of a chunk is column × chunksMax + chunk; two internal columns come first: the lines and the imports of rows. */
const chunksMax = 2 ** 24;
const lineColumn = 0;
const importColumn = 1;
const columnsBefore = 2;

/** The stored form of a missing value in a 64-bit column. */
const wideNull = -(2n ** 63n);

/** Whether a stored value is missing. */
export const isMissing = (value: string | number | bigint): boolean =>
  value === '' || value === wideNull || Number.isNaN(value);

/**
 * A file of the kind that held versions before Parquet: an SQLite file with the values of each column in chunks of rows.
 * Throws the error of the system or of SQLite when the file is missing or damaged.
 */
export class ColumnFile {
  readonly columns: readonly FileColumn[];
  readonly rowCount: number;
  readonly #client: Database.Database;
  readonly #readChunk: Database.Statement;

  constructor(path: string) {
    this.#client = new Database(path, { readonly: true, fileMustExist: true });
    const catalogue = this.#client.prepare('select columns, rows from catalogue').get() as Record<string, unknown>;
    this.columns = JSON.parse(String(catalogue.columns)) as FileColumn[];
    this.rowCount = Number(catalogue.rows);
    this.#readChunk = this.#client.prepare('select data from chunks where id = ?').pluck();
  }

  *chunks(): Generator<ChunkOfRows> {
    const spans = this.#client.prepare('select chunk, first_row as firstRow from spans order by chunk').all();
    for (const span of spans) {
      const { chunk, firstRow } = span as { chunk: number; firstRow: number };
      yield {
        firstRow,
        columns: this.columns.map((column, index) => this.#values(column, index + columnsBefore, chunk)),
        lines: new Uint32Array(this.#bytes(lineColumn, chunk)),
        importIds: new Uint32Array(this.#bytes(importColumn, chunk)),
      };
    }
  }

  /** The texts of the misfits of each row that has some, by column index. */
  misfits(): Map<number, Record<number, string>> {
    const all = new Map<number, Record<number, string>>();
    for (const misfit of this.#client.prepare('select column, row, text from misfits').iterate()) {
      const { column, row, text } = misfit as { column: number; row: number; text: string };
      all.set(row, { ...all.get(row), [column]: text });
    }
    return all;
  }

  close(): void {
    this.#client.close();
  }

  #values({ type, wide }: FileColumn, column: number, chunk: number): string[] | Float64Array | BigInt64Array {
    const bytes = this.#bytes(column, chunk);
    if (type === 'STRING' || type === 'STRING_LIST') return Buffer.from(bytes).toString('utf8').split('\0');
    return wide ? new BigInt64Array(bytes) : new Float64Array(bytes);
  }

  /** A copy, because a typed array must begin at a multiple of its element size. */
  #bytes(column: number, chunk: number): ArrayBuffer {
    return new Uint8Array(this.#readChunk.get(column * chunksMax + chunk) as Buffer).buffer;
  }
}
