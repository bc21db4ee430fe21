import type { ColumnPlan } from './column.ts';
import type { FileDialect, ValueOptions } from './import-options.ts';

/** How the rows of a CSV file are records. */
export interface RecordTable extends Pick<FileDialect, 'quote' | 'escape' | 'encoding'> {
  /** The fields of a record, in the order of the cells. */
  readonly names: readonly string[];
  /** How many cells a row has. */
  readonly columns: number;
  /** One character; null for lines that are one cell each. */
  readonly cellDelimiter: string | null;
  /** Whether a backslash makes the delimiter or line end after it a part of a cell without quotes. */
  readonly escapesCells: boolean;
}

/** How the amounts or times of a field are read in all records of a file. */
export interface WrittenReading {
  readonly plan: ColumnPlan;
  /** Why cells that need a reading are refused; null when the file or the options decide. */
  readonly doubt: string | null;
}

/** How the records of a file were read, stored with its import so that one of them can be read again alone. */
export interface ImportReading {
  /** Null for a file of JSON. */
  readonly table: RecordTable | null;
  readonly options: ValueOptions & {
    /** Words of the file and the importer's word for each. */
    readonly synonyms?: Readonly<Record<string, string>> | undefined;
  };
  /** By field; empty while no record needs it. */
  readonly fields: Readonly<Record<string, WrittenReading>>;
}
