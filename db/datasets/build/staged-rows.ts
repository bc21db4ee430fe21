import type { DatasetColumn } from '../../../src/lib/dataset-column.ts';
import type { FileDialect } from '../../../src/lib/import-options.ts';
import type { BuildRequest } from '../engine.ts';

export interface StageRequest extends BuildRequest {
  /** The folder of the staging files, which is made. */
  readonly staged: string;
}

/** A column of the staging files. */
export interface StagedColumn extends DatasetColumn {
  readonly hasEscapes: boolean;
}

/** A staging file, and what is to be added to the numbers of its lines. */
export interface StagedPart {
  readonly path: string;
  readonly lineOffset: number;
}

/** What the staging files of a file hold. */
export interface StagedRows {
  readonly columns: readonly StagedColumn[];
  readonly rowCount: number;
  /** The length of the longest line of the staging files. */
  readonly lineBytesMax: number;
  /** In order. */
  readonly parts: readonly StagedPart[];
}

export interface StageResult extends StagedRows {
  readonly read: number;
  readonly rejected: number;
  readonly dialect: FileDialect;
}
