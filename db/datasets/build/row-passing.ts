import type { FieldProblem } from '../../../src/errors.ts';
import type { CsvRow } from '../../../src/sources/csv-row.ts';
import type { RowReceiver } from '../../../src/sources/csv-rows.ts';
import type { PlainRow } from '../../../src/sources/plain-row.ts';
import type { RejectedRow } from '../engine.ts';
import type { DatasetLimits } from '../limits.ts';

/** Accepts a row, or says why it is rejected. */
export interface RowSink {
  add(cells: readonly string[], line: number): FieldProblem | null;
  addPlain(row: PlainRow): FieldProblem | null;
}

/** The rows of a part of a file that were passed to the sink. */
export interface PassedPart {
  readonly rows: number;
  readonly rejects: readonly RejectedRow[];
  readonly bytesRead: number;
}

export interface PassingOptions {
  /** Makes the sink from the first rows. */
  readonly open: (first: readonly CsvRow[]) => RowSink;
  readonly isFirst: boolean;
  readonly limits: Pick<DatasetLimits, 'datasetCellLengthMax'>;
  /** The lines of the rows that a sink has rejected: what one pass rejects, the next one does not accept. */
  readonly rejectedLines: Set<number>;
  readonly onPart: (part: PassedPart) => Promise<void>;
}

/** Passes the rows of a file to a sink, once from its beginning to its end, and gathers what is rejected. */
export class RowPassing implements RowReceiver {
  readonly #options: PassingOptions;
  #sink: RowSink | null = null;
  #rows = 0;
  #rejects: RejectedRow[] = [];

  constructor(options: PassingOptions) {
    this.#options = options;
  }

  /** Once the sink is open: only the first rows are needed as texts. */
  get takesBytes(): boolean {
    return this.#sink !== null;
  }

  rows(rows: readonly CsvRow[]): void {
    const { isFirst, limits, open, rejectedLines } = this.#options;
    this.#sink ??= open(rows.filter((row) => problemOf(row, limits) === null));
    this.#rows += rows.length;
    for (const row of rows) {
      const fault = problemOf(row, limits);
      if (rejectedLines.has(row.line) || (fault && !isFirst)) continue;
      const problem = fault ?? this.#sink.add(row.cells as string[], row.line);
      if (problem === null) continue;
      if (!fault) rejectedLines.add(row.line);
      this.#reject(row, problem);
    }
  }

  plainRow(row: PlainRow): void {
    const { isFirst, limits, rejectedLines } = this.#options;
    this.#rows += 1;
    const fault = row.end - row.start > limits.datasetCellLengthMax ? problemOfPlain(row, limits) : null;
    if ((rejectedLines.size > 0 && rejectedLines.has(row.line)) || (fault && !isFirst)) return;
    const problem = fault ?? (this.#sink as RowSink).addPlain(row);
    if (problem === null) return;
    if (!fault) rejectedLines.add(row.line);
    this.#reject(row, problem);
  }

  async endPart(bytesRead: number): Promise<void> {
    const part = { rows: this.#rows, rejects: this.#rejects, bytesRead };
    this.#rows = 0;
    this.#rejects = [];
    await this.#options.onPart(part);
  }

  #reject({ line, raw }: { readonly line: number; readonly raw: string }, problem: FieldProblem): void {
    this.#rejects.push({ line, raw: raw.replaceAll('\0', '\uFFFD'), problems: [problem] });
  }
}

type CellLimit = PassingOptions['limits'];

const problemOf = ({ cells, fault }: CsvRow, limits: CellLimit): FieldProblem | null =>
  fault ? { path: '', ...fault } : problemOfCells(cells, limits);

const problemOfPlain = (row: PlainRow, limits: CellLimit): FieldProblem | null =>
  problemOfCells(
    Array.from(row.starts, (_start, index) => row.cell(index)),
    limits,
  );

const problemOfCells = (cells: readonly string[], { datasetCellLengthMax }: CellLimit): FieldProblem | null => {
  for (let column = 0; column < cells.length; column += 1) {
    if ((cells[column] as string).length <= datasetCellLengthMax) continue;
    const message = `a cell has more than ${datasetCellLengthMax} characters (setting datasetCellLengthMax)`;
    return { path: '', code: 'OUT_OF_RANGE', message };
  }
  return null;
};
