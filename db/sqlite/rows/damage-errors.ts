import Database from 'better-sqlite3';
import { DomainError } from '../../../src/errors.ts';

/** The error of rows that a damaged file does not return in the order of their keys. */
export const outOfOrder = (table: string): DomainError =>
  new DomainError('DATA_DAMAGED', `${table}: rows are not in the order of their keys`);

/** The error of a value that is not what its column holds, such as text that is no JSON. */
export const unreadable = (cause: unknown): DomainError =>
  new DomainError('DATA_DAMAGED', `a stored value cannot be read: ${(cause as Error).message}`, { cause });

/** Whether an error says that a file is damaged. */
export const isDamage = (error: unknown): boolean =>
  error instanceof Database.SqliteError || (error instanceof DomainError && error.code === 'DATA_DAMAGED');
