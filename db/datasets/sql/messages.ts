import type { DomainError } from '../../../src/errors.ts';
import type { SqlFormat } from '../../../src/lib/sql-formats.ts';
import type { SqlParameters } from '../../../src/lib/sql-parameters.ts';
import type { SqlCodes, SqlColumn, SqlFile, SqlLimits, SqlReferences, SqlRows, SqlValues } from './engine.ts';

/** A view of the file of a version of a dataset. */
export interface FileView {
  readonly name: string;
  readonly path: string;
  readonly columns: readonly { readonly name: string; readonly field: string }[];
}

/** A view of facts as of a state. */
export interface FactView {
  readonly name: string;
  readonly table: string;
  readonly sequence: number | null;
  readonly stateTable: string;
  readonly stateColumns: readonly SqlColumn[];
  readonly visible: readonly string[];
  readonly filter?: string | undefined;
  readonly superseded?: { readonly name: string; readonly key: readonly string[] } | undefined;
}

export type View = FileView | FactView;

/** A query with the views that its tables stand for. */
export interface ViewedQuery {
  readonly text: string;
  readonly parameters: SqlParameters;
  readonly views: readonly View[];
  readonly rowsMax: number;
}

/** The tasks of the process, each with its input and its result. */
export interface SqlTasks {
  check: { input: { readonly text: string }; result: SqlReferences };
  createTable: { input: { readonly table: string; readonly columns: readonly SqlColumn[] }; result: null };
  append: {
    input: {
      readonly table: string;
      readonly columns: readonly SqlColumn[];
      /** The number of the first row. */
      readonly firstRow: number;
      readonly rows: number;
      readonly values: readonly SqlValues[];
    };
    result: null;
  };
  /** Makes the table of a state: codes by row, and a table of labels for each column. */
  createState: {
    input: {
      readonly table: string;
      readonly columns: readonly SqlCodes[];
      /** The table of the rows that the state is of, and up to which `seq`; null for all of them. */
      readonly facts: string;
      readonly sequence: number | null;
    };
    result: null;
  };
  dropState: { input: { readonly table: string; readonly columns: readonly string[] }; result: null };
  rows: { input: ViewedQuery; result: SqlRows };
  file: { input: ViewedQuery & { readonly format: SqlFormat }; result: SqlFile };
}

export type SqlTaskName = keyof SqlTasks;

export interface WorkerSettings extends SqlLimits {
  /** The folder with the files of datasets. */
  readonly folder: string;
}

export type WorkerRequest =
  | { readonly settings: WorkerSettings }
  | { readonly id: number; readonly name: SqlTaskName; readonly input: unknown }
  /** Nobody waits for the task any more. */
  | { readonly cancel: number };

export type WorkerReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: Pick<DomainError, 'code' | 'message'>; readonly isBug: boolean }
  /** The process has loaded its libraries. */
  | { readonly ready: true }
  /** The process ends itself, because it needs too much memory. */
  | { readonly ending: 'MEMORY' };

/** The folder, below the one of datasets, of a process: its results and what it spills. Its name holds the process id. */
export const workFolderOf = (pid: number): string => `sql.${pid}.temp`;
