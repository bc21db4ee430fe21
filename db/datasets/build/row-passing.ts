import type { FieldProblem } from '../../../src/errors.ts';
import type { CsvRow } from '../../../src/sources/csv-row.ts';
import type { RowReceiver } from '../../../src/sources/csv-rows.ts';
import type { PlainRow } from '../../../src/sources/plain-row.ts';
import type { RejectedRow } from '../build-observer.ts';
import type { DatasetLimits } from '../limits.ts';

/** Accepts a row, or says why it is rejected. */
export interface RowSink {
  add(cells: readonly string[], line: number): FieldProblem | null;
  addPlain(row: PlainRow): FieldProblem | null;
}

/** The rows of a chunk of a file that were passed to the sink. */
export interface PassedChunk {
  readonly rows: number;
  readonly rejects: readonly RejectedRow[];
  /** The position in the file up to which it is read. */
  readonly position: number;
}

export interface PassingOptions {
  readonly sink: RowSink;
  readonly isFirst: boolean;
  readonly limits: Pick<DatasetLimits, 'datasetCellLengthMax'>;
  /** The lines of the rows that a sink has rejected: what one pass rejects, the next one does not accept. */
  readonly rejectedLines: Set<number>;
  readonly onChunk: (chunk: PassedChunk) => Promise<void>;
}

/** Passes the rows of a file, or of a part of it, to a sink, and gathers what is rejected. */
export class RowPassing implements RowReceiver {
  readonly #options: PassingOptions;
  #rows = 0;
  #rejects: RejectedRow[] = [];

  constructor(options: PassingOptions) {
    this.#options = options;
  }

  rows(rows: readonly CsvRow[]): void {
    const { sink, isFirst, limits, rejectedLines } = this.#options;
    this.#rows += rows.length;
    for (const row of rows) {
      const fault = problemOfRow(row, limits);
      if (rejectedLines.has(row.line) || (fault && !isFirst)) continue;
      const problem = fault ?? sink.add(row.cells as string[], row.line);
      if (problem === null) continue;
      if (!fault) rejectedLines.add(row.line);
      this.#reject(row, problem);
    }
  }

  plainRow(row: PlainRow): void {
    const { sink, isFirst, limits, rejectedLines } = this.#options;
    this.#rows += 1;
    const fault = row.end - row.start > limits.datasetCellLengthMax ? problemOfPlain(row, limits) : null;
    if ((rejectedLines.size > 0 && rejectedLines.has(row.line)) || (fault && !isFirst)) return;
    const problem = fault ?? sink.addPlain(row);
    if (problem === null) return;
    if (!fault) rejectedLines.add(row.line);
    this.#reject(row, problem);
  }

  async endChunk(position: number): Promise<void> {
    const chunk = { rows: this.#rows, rejects: this.#rejects, position };
    this.#rows = 0;
    this.#rejects = [];
    await this.#options.onChunk(chunk);
  }

  #reject({ line, raw }: { readonly line: number; readonly raw: string }, problem: FieldProblem): void {
    this.#rejects.push({ line, raw: raw.replaceAll('\0', '\uFFFD'), problems: [problem] });
  }
}

type CellLimit = PassingOptions['limits'];

/** Why a row cannot be stored; null when it can, unless a sink rejects it. */
export const problemOfRow = ({ cells, fault }: CsvRow, limits: CellLimit): FieldProblem | null =>
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
