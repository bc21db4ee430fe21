import { existsSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { DomainError } from '../../src/errors.ts';
import type { StoreCopier } from '../store.ts';
import { checkSchema, openReadOnly } from './file/client.ts';
import { markedStateOf } from './file/marked-file.ts';
import { asDamage, lossOf } from './file/preflight.ts';

/**
 * Throws NOT_FOUND without a file or for one that was never completed, NOT_ALLOWED for that of another version of the
 * program, DATA_DAMAGED for one that lacks its tables.
 */
export const openStoreCopier = (path: string): StoreCopier => {
  if (!existsSync(path)) throw new DomainError('NOT_FOUND', `there is no store ${path}`);
  const client = openToCopy(path);
  return {
    version: () => client.pragma('data_version', { simple: true }) as number,
    async copyTo(target) {
      checkSchema(client);
      // All pages in one step: between two steps a commit would start the copy again.
      await client.backup(target, { progress: () => 2 ** 31 - 1 });
    },
    // The mark is read first: what is committed meanwhile only takes the store further.
    loss: () => lossOf(client, markedStateOf(path)),
    close: () => void client.close(),
  };
};

const openToCopy = (path: string): Database.Database => {
  try {
    return openReadOnly(path, markedStateOf(path));
  } catch (error) {
    throw asDamage(path, error);
  }
};
