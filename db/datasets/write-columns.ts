import { rm } from 'node:fs/promises';
import {
  CellParser,
  type ColumnPlan,
  type ColumnType,
  cellKinds,
  type DatasetColumn,
  encodeCell,
  kindCount,
} from '../../src/lib/cells.ts';
import { ColumnFileWriter, type StoredValue } from './column-file.ts';
import { fieldNames } from './parquet-layout.ts';

export interface TextRow {
  readonly cells: readonly string[];
  readonly line: number;
  readonly importId: number;
}

/** Rows in order; they may be read more than once. */
export type TextRows = () => AsyncIterable<readonly TextRow[]>;

export interface ColumnSpec {
  readonly name: string;
  readonly header: string;
  /** A type that the client has stated; otherwise the type is inferred. */
  readonly explicitType: ColumnType | undefined;
}

interface ColumnFileResult {
  readonly columns: readonly DatasetColumn[];
  readonly rowCount: number;
}

/**
 * Writes rows of texts to the file of a version. The type of a column is inferred from all of its cells: the first pass
 * guesses the types from the first batch and parses every cell; if the guess turns out wrong, a second pass rewrites the file.
 */
export const writeColumns = async (
  target: string,
  specs: readonly ColumnSpec[],
  rows: TextRows,
): Promise<ColumnFileResult> => {
  const stats = specs.map(() => new TypeStats());
  const first = await writePass(rows, (batch) => new RowWriter(target, guessPlans(specs, batch), stats));
  const plans = specs.map(({ explicitType }, column) => (stats[column] as TypeStats).plan(explicitType));
  if (plans.every((plan, column) => isSamePlan(plan, first.plans[column] as ColumnPlan))) return first.finish(specs);
  first.close();
  await rm(target, { force: true });
  const second = await writePass(rows, () => new RowWriter(target, plans, null));
  return second.finish(specs);
};

const writePass = async (
  rows: TextRows,
  createWriter: (firstBatch: readonly TextRow[]) => RowWriter,
): Promise<RowWriter> => {
  let writer: RowWriter | undefined;
  try {
    for await (const batch of rows()) {
      writer ??= createWriter(batch);
      for (const row of batch) writer.write(row);
    }
    return writer ?? createWriter([]);
  } catch (error) {
    writer?.close();
    throw error;
  }
};

/** Encodes rows by the plans of their columns and writes them to a file. */
class RowWriter {
  readonly plans: readonly ColumnPlan[];
  readonly #file: ColumnFileWriter;
  readonly #stats: readonly TypeStats[] | null;
  readonly #parser = new CellParser();
  /** Columns whose cells need no parsing. */
  readonly #isPlainText: readonly boolean[];
  readonly #values: StoredValue[];
  readonly #nulls: Float64Array;
  readonly #misfits: Float64Array;

  /** With `stats` it parses every cell and adds it to them. */
  constructor(target: string, plans: readonly ColumnPlan[], stats: readonly TypeStats[] | null) {
    this.plans = plans;
    this.#file = new ColumnFileWriter(target, plans);
    this.#stats = stats;
    this.#isPlainText = plans.map(({ type }) => stats === null && type === 'STRING');
    this.#values = plans.map(() => null);
    this.#nulls = new Float64Array(plans.length);
    this.#misfits = new Float64Array(plans.length);
  }

  write({ cells, line, importId }: TextRow): void {
    // Local variables, because this loop sees every cell.
    const plans = this.plans;
    const stats = this.#stats;
    const parser = this.#parser;
    const isPlainText = this.#isPlainText;
    const values = this.#values;
    const nulls = this.#nulls;
    for (let column = 0; column < cells.length; column += 1) {
      const text = cells[column] as string;
      if (text === '') {
        nulls[column] = (nulls[column] as number) + 1;
        values[column] = null;
        continue;
      }
      if (isPlainText[column]) {
        values[column] = text;
        continue;
      }
      const kind = parser.parse(text);
      stats?.[column]?.add(kind, parser);
      const value = encodeCell(plans[column] as ColumnPlan, text, kind, parser);
      if (value === undefined) {
        nulls[column] = (nulls[column] as number) + 1;
        this.#misfits[column] = (this.#misfits[column] as number) + 1;
        this.#file.addMisfit(column, text);
        values[column] = null;
      } else values[column] = value;
    }
    this.#file.add(values, line, importId);
  }

  finish(specs: readonly ColumnSpec[]): ColumnFileResult {
    const fields = fieldNames(specs.map(({ name }) => name));
    const columns = specs.map(
      ({ name, header }, index): DatasetColumn => ({
        ...(this.plans[index] as ColumnPlan),
        name,
        header,
        field: fields[index] as string,
        isAscii: false,
        nulls: this.#nulls[index] as number,
        misfits: this.#misfits[index] as number,
      }),
    );
    const rowCount = this.#file.rows;
    this.#file.finish(columns);
    return { columns, rowCount };
  }

  close(): void {
    this.#file.close();
  }
}

const guessPlans = (specs: readonly ColumnSpec[], sample: readonly TextRow[]): ColumnPlan[] => {
  const parser = new CellParser();
  return specs.map(({ explicitType }, column) => {
    const stats = new TypeStats();
    for (const { cells } of sample) {
      const text = cells[column] as string;
      if (text !== '') stats.add(parser.parse(text), parser);
    }
    return stats.plan(explicitType);
  });
};

/** The share of cells that must fit a type for the column to have it; the other cells become misfits. */
const fittingShareMin = 0.9;

/** Counts the kinds of the cells of a column. */
class TypeStats {
  readonly #counts = new Float64Array(kindCount);
  #scaleMax = 0;
  #wholeDigitsMax = 0;

  /** Adds a cell that is not empty and that the parser has just parsed. */
  add(kind: number, parser: CellParser): void {
    this.#counts[kind] = (this.#counts[kind] as number) + 1;
    if (kind > cellKinds.decimal) return;
    if (parser.scale > this.#scaleMax) this.#scaleMax = parser.scale;
    if (parser.wholeDigits > this.#wholeDigitsMax) this.#wholeDigitsMax = parser.wholeDigits;
  }

  /** The plan for the explicit type or, without one, for the narrowest type that nearly all cells fit. */
  plan(explicitType: ColumnType | undefined): ColumnPlan {
    const type = explicitType ?? this.#narrowest();
    const isDecimal = type === 'DECIMAL';
    // An explicit DECIMAL stores at most 18 digits, however many the cells have.
    const scale = isDecimal ? Math.min(this.#scaleMax, 18) : 0;
    const wide = type === 'INTEGER' ? this.#count('wide') > 0 : isDecimal && this.#wholeDigitsMax + scale > 15;
    const precision = isDecimal || type === 'INTEGER' ? this.#wholeDigitsMax + scale : 0;
    return { type, precision, scale, wide, isExplicit: explicitType !== undefined };
  }

  #count(...kinds: (keyof typeof cellKinds)[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#counts[cellKinds[kind]] as number), 0);
  }

  #narrowest(): ColumnType {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    const fits = (count: number): boolean => total > 0 && count >= total * fittingShareMin;
    // A single 0042 shows that the column holds codes, not numbers.
    if (this.#count('code') === 0 && fits(this.#count('integer', 'wide', 'decimal', 'float'))) {
      if (this.#count('float') > 0) return 'FLOAT';
      if (this.#count('decimal') === 0) return 'INTEGER';
      return this.#wholeDigitsMax + this.#scaleMax <= 18 ? 'DECIMAL' : 'FLOAT';
    }
    if (fits(this.#count('boolean'))) return 'BOOLEAN';
    if (fits(this.#count('date'))) return 'DATE';
    if (fits(this.#count('date', 'dateTime'))) return 'DATE_TIME';
    if (fits(this.#count('list'))) return 'STRING_LIST';
    return 'STRING';
  }
}

const isSamePlan = (a: ColumnPlan, b: ColumnPlan): boolean =>
  a.type === b.type && a.scale === b.scale && a.wide === b.wide;
