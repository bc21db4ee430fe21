import type { FieldProblem } from '../../../src/errors.ts';
import { byteReadings, CellReader } from '../../../src/lib/cells/cell-reader.ts';
import type { ColumnSurvey } from '../../../src/lib/cells/column-survey.ts';
import type { ColumnPlan } from '../../../src/lib/column.ts';
import type { PlainRow } from '../../../src/sources/plain-row.ts';
import type { RowSink } from './row-passing.ts';
import { StagingWriter } from './staging.ts';

export interface PassOptions {
  readonly plans: readonly ColumnPlan[];
  /** Null in a second pass. */
  readonly surveys: readonly ColumnSurvey[] | null;
  /** The index in the file of each column. */
  readonly sources: readonly number[];
  /** Columns in which each row must have a value. */
  readonly keys: readonly number[];
  readonly names: readonly string[];
  readonly importId: number;
}

const lowerCaseBit = 32;
const point = 46;
const blank = 32;
/** `2024-12-31`. */
const dateLength = 10;

/** Reads the cells of each row by the plans of their columns and writes them to the staging file. */
export class RowPass implements RowSink {
  readonly plans: readonly ColumnPlan[];
  readonly sources: readonly number[];
  readonly writer: StagingWriter;
  readonly nulls: Float64Array;
  readonly misfits: Float64Array;
  readonly #readers: readonly CellReader[];
  readonly surveys: readonly ColumnSurvey[] | null;
  readonly #keys: readonly number[];
  readonly #names: readonly string[];
  readonly #importId: number;

  constructor(staged: string, { plans, surveys, sources, keys, names, importId }: PassOptions) {
    this.plans = plans;
    this.sources = sources;
    this.writer = new StagingWriter(staged, plans.length);
    this.nulls = new Float64Array(plans.length);
    this.misfits = new Float64Array(plans.length);
    this.#readers = plans.map((plan, column) => new CellReader(plan, surveys?.[column]));
    this.surveys = surveys;
    this.#keys = keys;
    this.#names = names;
    this.#importId = importId;
  }

  /** Writes a row, unless it has no value in a key column. */
  add(row: readonly string[], line: number): FieldProblem | null {
    const problem = this.#keys.length > 0 ? this.#keyProblem((source) => row[source] as string) : null;
    if (problem) return problem;
    const { writer, sources } = this;
    let misfits: Record<number, string> | undefined;
    writer.beginRow(line, this.#importId);
    for (let column = 0; column < sources.length; column += 1) {
      const text = row[sources[column] as number] as string;
      if (this.#addText(text, column)) continue;
      misfits ??= {};
      misfits[column] = text;
    }
    writer.endRow(misfits === undefined ? '' : JSON.stringify(misfits));
    return null;
  }

  /** The same for a row of bytes. */
  addPlain(row: PlainRow): FieldProblem | null {
    const problem = this.#keys.length > 0 ? this.#keyProblem((source) => row.cell(source)) : null;
    if (problem) return problem;
    const { bytes, starts, ends, marks } = row;
    const { writer, sources, nulls } = this;
    const readers = this.#readers;
    let misfits: Record<number, string> | undefined;
    writer.beginRow(row.line, this.#importId, row.end - row.start);
    for (let column = 0; column < readers.length; column += 1) {
      const reader = readers[column] as CellReader;
      const source = sources[column] as number;
      const start = starts[source] as number;
      const end = ends[source] as number;
      const reading = marks[source] === 0 ? reader.readBytes(bytes, start, end) : byteReadings.needsText;
      if (reading === byteReadings.asIs) writer.addBytes(bytes, start, end);
      else if (reading === byteReadings.missing) {
        nulls[column] = (nulls[column] as number) + 1;
        writer.addMissing();
      } else if (reading !== byteReadings.needsText) this.#addRewritten(row, source, reading, reader);
      else {
        const text = row.cell(source);
        if (this.#addText(text, column)) continue;
        misfits ??= {};
        misfits[column] = text;
      }
    }
    writer.endRow(misfits === undefined ? '' : JSON.stringify(misfits));
    return null;
  }

  #addRewritten({ bytes, starts, ends }: PlainRow, source: number, reading: number, reader: CellReader): void {
    const { writer } = this;
    const start = starts[source] as number;
    const end = ends[source] as number;
    if (reading === byteReadings.boolean) writer.addBytes(bytes, start, end, lowerCaseBit);
    else if (reading === byteReadings.comma) {
      writer.addBytes(bytes, start, end);
      writer.replaceByte(reader.scale + 1, point);
    } else {
      writer.addBytes(bytes, start, start + reader.clockLength);
      writer.replaceByte(reader.clockLength - dateLength, blank);
    }
  }

  /** Returns false for a text that does not fit. */
  #addText(text: string, column: number): boolean {
    const value = (this.#readers[column] as CellReader).read(text);
    if (value) {
      this.writer.addText(value, column);
      return true;
    }
    this.writer.addMissing();
    this.nulls[column] = (this.nulls[column] as number) + 1;
    if (value !== undefined) return true;
    this.misfits[column] = (this.misfits[column] as number) + 1;
    return false;
  }

  #keyProblem(textOf: (source: number) => string): FieldProblem | null {
    for (const key of this.#keys) {
      const text = textOf(this.sources[key] as number);
      if ((this.#readers[key] as CellReader).read(text) !== null) continue;
      const path = this.#names[key] as string;
      const message = `the row has no value in ${JSON.stringify(path)}, a key column`;
      return { path, code: 'MISSING', message };
    }
    return null;
  }
}
