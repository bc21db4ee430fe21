import type { Store } from '../store.ts';
import { commits } from '../tables/commits.ts';
import type { Connection } from './connection.ts';
import { tables } from './tables.ts';

/** Records of the ledger after one sequence number and up to another. */
export interface Range {
  readonly after: number;
  readonly last: number;
}

export interface Progress {
  /** Everything up to it is copied. */
  readonly done: number;
  /** The digest of the ledger up to `done`. */
  readonly digest: string;
  /** How many records had been erased; null before the first block. */
  readonly erased: number | null;
  /** A block that was begun, and perhaps copied in part. */
  readonly planned: Range | null;
}

/** How far the copy is, as its tables have it. */
export const readProgress = async (connection: Connection): Promise<Progress> => {
  const rows = await connection.rows<[number, number, string, string, number]>(
    `SELECT ${tables.progress.columns.join(', ')} FROM ${connection.table('progress')} ORDER BY last_seq DESC, state ASC LIMIT 2`,
  );
  const done = rows.find(([, , state]) => state === 'DONE');
  const [newest] = rows;
  const isPlanned = newest !== undefined && newest[2] === 'PLANNED' && newest[1] !== done?.[1];
  return {
    done: done?.[1] ?? 0,
    digest: done?.[3] ?? '',
    erased: done?.[4] ?? null,
    planned: isPlanned ? { after: newest[0], last: newest[1] } : null,
  };
};

/** The digest of everything up to the end of a commit; empty when no commit ends there. */
export const digestAt = (store: Pick<Store, 'rowsIn'>, sequence: number): string => {
  const [row] = store.rowsIn(commits, 'lastSeq', [sequence]);
  return row?.digest?.toString('hex') ?? '';
};
