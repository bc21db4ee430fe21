import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type DatasetColumn, isTextual } from '../../src/lib/cells.ts';

/** Rows of a chunk at most: small enough that a page is read without reading whole columns. */
const chunkRowsMax = 1024;
/** A chunk also ends when its texts come to so many characters, so that neither building nor reading it takes much memory. */
const chunkTextMax = 1_000_000;
/** Chunks of a column at most: its number is the column's times this, plus the chunk's. */
const chunksMax = 2 ** 24;

/** Beside the columns of the file: the line each row stood on, and the import it came with. */
const lineColumn = 0;
const importColumn = 1;
const columnsBefore = 2;

/** In columns of 64 bits, what stands for no value; no cell has it, see `cells.ts`. */
export const wideNull = -(2n ** 63n);

/** Whether what a column of numbers keeps stands for no value. */
export const isMissing = (value: number | bigint): boolean => value === wideNull || Number.isNaN(value);

/** A text column's chunk is its texts, an empty one for no value, with this between them: no cell holds it. */
const separator = '\0';

interface Chunk {
  readonly firstRow: number;
  readonly rows: number;
}

type StoredValue = string | number | bigint | null;

export interface ColumnFileWriter {
  /** Keeps one row: a value a column, in the form its column keeps. */
  add(values: readonly StoredValue[], line: number, importId: number): void;
  /** Keeps the text of a cell of the row that is added next. */
  addMisfit(column: number, text: string): void;
  readonly rows: number;
  /** Makes the file whole and syncs it. */
  finish(columns: readonly DatasetColumn[]): void;
  /** Leaves the file as it is, to be removed. */
  close(): void;
}

/**
 * Writes a version: one SQLite file that holds each column in chunks of rows. It is nobody's before it is whole, so it
 * is written without a journal on disk and synced once.
 */
export const writeColumnFile = (
  path: string,
  plans: readonly Pick<DatasetColumn, 'type' | 'wide'>[],
): ColumnFileWriter => {
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
  const insertChunk = client.prepare('insert into chunks values (?, ?)');
  const insertSpan = client.prepare('insert into spans values (?, ?, ?)');
  const insertMisfit = client.prepare('insert into misfits values (?, ?, ?)');
  client.exec('begin');
  const buffers = plans.map((plan) =>
    isTextual(plan)
      ? new Array<string>(chunkRowsMax).fill('')
      : plan.wide
        ? new BigInt64Array(chunkRowsMax)
        : new Float64Array(chunkRowsMax),
  );
  const lines = new Uint32Array(chunkRowsMax);
  const importIds = new Uint32Array(chunkRowsMax);
  let chunk = 0;
  let inChunk = 0;
  let textLength = 0;
  let rows = 0;

  const bytesOf = (buffer: string[] | BigInt64Array | Float64Array | Uint32Array): Buffer =>
    Array.isArray(buffer)
      ? Buffer.from((inChunk === buffer.length ? buffer : buffer.slice(0, inChunk)).join(separator))
      : Buffer.from(buffer.buffer, 0, inChunk * buffer.BYTES_PER_ELEMENT);

  const flush = (): void => {
    if (inChunk === 0) return;
    [lines, importIds, ...buffers].forEach((buffer, column) => {
      insertChunk.run(column * chunksMax + chunk, bytesOf(buffer));
    });
    insertSpan.run(chunk, rows - inChunk, inChunk);
    chunk += 1;
    inChunk = 0;
    textLength = 0;
  };

  return {
    get rows() {
      return rows;
    },
    add(values, line, importId) {
      for (let column = 0; column < buffers.length; column += 1) {
        const value = values[column] as StoredValue;
        const buffer = buffers[column] as string[] | BigInt64Array | Float64Array;
        if (typeof value === 'string') {
          (buffer as string[])[inChunk] = value;
          textLength += value.length;
        } else if (value !== null) (buffer as Float64Array)[inChunk] = value as number;
        else if (buffer instanceof Float64Array) buffer[inChunk] = Number.NaN;
        else if (buffer instanceof BigInt64Array) buffer[inChunk] = wideNull;
        else buffer[inChunk] = '';
      }
      lines[inChunk] = line;
      importIds[inChunk] = importId;
      inChunk += 1;
      rows += 1;
      if (inChunk === chunkRowsMax || textLength >= chunkTextMax) flush();
    },
    addMisfit(column, text) {
      insertMisfit.run(column, rows, text);
    },
    finish(columns) {
      flush();
      client.prepare('insert into catalogue values (?, ?)').run(JSON.stringify(columns), rows);
      client.exec('commit');
      client.close();
      for (const place of [path, dirname(path)]) sync(place);
    },
    close() {
      client.close();
    },
  };
};

const sync = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** A version's file, read. */
export interface ColumnFile {
  readonly columns: readonly DatasetColumn[];
  readonly rows: number;
  readonly spans: readonly Chunk[];
  /** The chunk that holds a row. */
  chunkOf(row: number): number;
  /** A chunk of a column of numbers. */
  numbers(column: number, chunk: number): Float64Array | BigInt64Array;
  /** The texts of a chunk with a NUL between them. */
  text(column: number, chunk: number): string;
  /** The texts of a chunk, empty where there is no value. */
  texts(column: number, chunk: number): string[];
  /** The line and the import of each row of a chunk. */
  origins(chunk: number): { readonly lines: Uint32Array; readonly importIds: Uint32Array };
  /** Texts that did not fit, by row, in order. */
  misfits(column: number): { readonly row: number; readonly text: string }[];
  misfit(column: number, row: number): string | undefined;
  close(): void;
}

/** Opens a version. Throws the system's or SQLite's error when it is not there or broken. */
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
      // A copy of its own, because a typed array must begin at a multiple of its element's size.
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
