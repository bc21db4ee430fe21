import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type DatasetColumn, isTextual } from '../../src/lib/cells.ts';

/** Rows of a chunk at most: small enough that a page is read without reading whole columns. */
const chunkRowsMax = 1024;
/** A chunk also ends when its texts reach this many characters, which bounds the memory for building and reading it. */
const chunkTextMax = 1_000_000;
/** Maximum number of chunks of a column. The id of a chunk is column × chunksMax + chunk. */
const chunksMax = 2 ** 24;

/** Two internal columns precede those of the file: the line of each row and its import. */
const lineColumn = 0;
const importColumn = 1;
const columnsBefore = 2;

/** The stored form of a missing value in a 64-bit column; no cell has this value, see `cells.ts`. */
export const wideNull = -(2n ** 63n);

/** Whether a stored number stands for a missing value. */
export const isMissing = (value: number | bigint): boolean => value === wideNull || Number.isNaN(value);

/** A chunk of a text column holds its texts, joined by NUL, which no cell contains; a missing value is an empty text. */
const separator = '\0';

interface Chunk {
  readonly firstRow: number;
  readonly rows: number;
}

export type StoredValue = string | number | bigint | null;

type ColumnBuffer = string[] | BigInt64Array | Float64Array;

/**
 * Writes a version: one SQLite file that holds each column in chunks of rows. Nobody reads the file before it is complete,
 * so it is written without a journal on disk and synced once.
 */
export class ColumnFileWriter {
  readonly #path: string;
  readonly #client: Database.Database;
  readonly #insertChunk: Database.Statement;
  readonly #insertSpan: Database.Statement;
  readonly #insertMisfit: Database.Statement;
  readonly #buffers: readonly ColumnBuffer[];
  readonly #lines = new Uint32Array(chunkRowsMax);
  readonly #importIds = new Uint32Array(chunkRowsMax);
  #chunk = 0;
  #inChunk = 0;
  #textLength = 0;
  #rows = 0;

  constructor(path: string, plans: readonly Pick<DatasetColumn, 'type' | 'wide'>[]) {
    this.#path = path;
    this.#client = createFile(path);
    this.#insertChunk = this.#client.prepare('insert into chunks values (?, ?)');
    this.#insertSpan = this.#client.prepare('insert into spans values (?, ?, ?)');
    this.#insertMisfit = this.#client.prepare('insert into misfits values (?, ?, ?)');
    this.#client.exec('begin');
    this.#buffers = plans.map(createBuffer);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds a row: one encoded value for each column. */
  add(values: readonly StoredValue[], line: number, importId: number): void {
    const buffers = this.#buffers;
    const row = this.#inChunk;
    for (let column = 0; column < buffers.length; column += 1) {
      const value = values[column] as StoredValue;
      const buffer = buffers[column] as ColumnBuffer;
      if (typeof value === 'string') {
        (buffer as string[])[row] = value;
        this.#textLength += value.length;
      } else if (value !== null) (buffer as Float64Array)[row] = value as number;
      else if (buffer instanceof Float64Array) buffer[row] = Number.NaN;
      else if (buffer instanceof BigInt64Array) buffer[row] = wideNull;
      else buffer[row] = '';
    }
    this.#lines[row] = line;
    this.#importIds[row] = importId;
    this.#inChunk += 1;
    this.#rows += 1;
    if (this.#inChunk === chunkRowsMax || this.#textLength >= chunkTextMax) this.#flush();
  }

  /** Adds the text of a misfit of the row that is added next. */
  addMisfit(column: number, text: string): void {
    this.#insertMisfit.run(column, this.#rows, text);
  }

  /** Completes the file and syncs it. */
  finish(columns: readonly DatasetColumn[]): void {
    this.#flush();
    this.#client.prepare('insert into catalogue values (?, ?)').run(JSON.stringify(columns), this.#rows);
    this.#client.exec('commit');
    this.#client.close();
    for (const path of [this.#path, dirname(this.#path)]) sync(path);
  }

  /** Closes an incomplete file, which the caller removes. */
  close(): void {
    this.#client.close();
  }

  #flush(): void {
    if (this.#inChunk === 0) return;
    [this.#lines, this.#importIds, ...this.#buffers].forEach((buffer, column) => {
      this.#insertChunk.run(column * chunksMax + this.#chunk, this.#bytesOf(buffer));
    });
    this.#insertSpan.run(this.#chunk, this.#rows - this.#inChunk, this.#inChunk);
    this.#chunk += 1;
    this.#inChunk = 0;
    this.#textLength = 0;
  }

  #bytesOf(buffer: ColumnBuffer | Uint32Array): Buffer {
    if (!Array.isArray(buffer)) return Buffer.from(buffer.buffer, 0, this.#inChunk * buffer.BYTES_PER_ELEMENT);
    const texts = this.#inChunk === buffer.length ? buffer : buffer.slice(0, this.#inChunk);
    return Buffer.from(texts.join(separator));
  }
}

const createFile = (path: string): Database.Database => {
  const client = new Database(path);
  client.pragma('page_size = 32768');
  client.pragma('journal_mode = MEMORY');
  client.pragma('synchronous = OFF');
  client.pragma('locking_mode = EXCLUSIVE');
  client.exec(`
    create table chunks (id integer primary key, data blob not null);
    create table spans (chunk integer primary key, first_row integer not null, rows integer not null);
    create table misfits (column integer not null, row integer not null, text text not null, primary key (column, row)) without rowid;
    create table catalogue (columns text not null, rows integer not null);
  `);
  return client;
};

const createBuffer = (plan: Pick<DatasetColumn, 'type' | 'wide'>): ColumnBuffer => {
  if (isTextual(plan)) return new Array<string>(chunkRowsMax).fill('');
  return plan.wide ? new BigInt64Array(chunkRowsMax) : new Float64Array(chunkRowsMax);
};

const sync = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** The file of a version, open for reading. */
export interface ColumnFile {
  readonly columns: readonly DatasetColumn[];
  readonly rows: number;
  readonly spans: readonly Chunk[];
  /** The chunk that contains a row. */
  chunkOf(row: number): number;
  /** A chunk of a numeric column. */
  numbers(column: number, chunk: number): Float64Array | BigInt64Array;
  /** The texts of a chunk, joined by NUL. */
  text(column: number, chunk: number): string;
  /** The texts of a chunk; a missing value is an empty text. */
  texts(column: number, chunk: number): string[];
  /** The line and the import of each row of a chunk. */
  origins(chunk: number): { readonly lines: Uint32Array; readonly importIds: Uint32Array };
  /** The texts of misfits, ordered by row. */
  misfits(column: number): { readonly row: number; readonly text: string }[];
  misfit(column: number, row: number): string | undefined;
  close(): void;
}

/** Opens the file of a version. Throws the error of the system or of SQLite when the file is missing or damaged. */
export const readColumnFile = (path: string): ColumnFile => {
  const client = new Database(path, { readonly: true, fileMustExist: true });
  const catalogue = client.prepare('select columns, rows from catalogue').get() as { columns: string; rows: number };
  const columns = JSON.parse(catalogue.columns) as DatasetColumn[];
  const spans = client
    .prepare('select first_row as firstRow, rows from spans order by chunk')
    .all() as unknown as Chunk[];
  const readChunk = client.prepare('select data from chunks where id = ?').pluck();
  const readMisfits = client.prepare('select row, text from misfits where column = ? order by row');
  const readMisfit = client.prepare('select text from misfits where column = ? and row = ?').pluck();

  const bytes = (column: number, chunk: number): Buffer => readChunk.get(column * chunksMax + chunk) as Buffer;

  const chunkOf = (row: number): number => {
    let low = 0;
    let high = spans.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((spans[middle] as Chunk).firstRow <= row) low = middle;
      else high = middle;
    }
    return low;
  };

  const whole = (column: number, chunk: number): Uint32Array =>
    new Uint32Array(new Uint8Array(bytes(column, chunk)).buffer);

  const text = (column: number, chunk: number): string => bytes(column + columnsBefore, chunk).toString('utf8');

  return {
    columns,
    rows: catalogue.rows,
    spans,
    chunkOf,
    numbers(column, chunk) {
      const data = bytes(column + columnsBefore, chunk);
      // A copy, because a typed array must begin at a multiple of its element size.
      const { buffer } = new Uint8Array(data);
      return columns[column]?.wide ? new BigInt64Array(buffer) : new Float64Array(buffer);
    },
    text,
    texts: (column, chunk) => text(column, chunk).split(separator),
    origins: (chunk) => ({ lines: whole(lineColumn, chunk), importIds: whole(importColumn, chunk) }),
    misfits: (column) => readMisfits.all(column) as { row: number; text: string }[],
    misfit: (column, row) => readMisfit.get(column, row) as string | undefined,
    close: () => void client.close(),
  };
};
