import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { DomainError } from '../../src/errors.ts';
import type { StoreCopier } from '../store.ts';
import { checkSchema } from './client.ts';

/** Throws NOT_FOUND without a file, and NOT_ALLOWED for the file of another version of the program. */
export const openStoreCopier = (path: string): StoreCopier => {
  if (!existsSync(path)) throw new DomainError('NOT_FOUND', `there is no store ${path}`);
  const client = new Database(path, { readonly: true, timeout: 10_000 });
  try {
    checkSchema(client);
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    version: () => client.pragma('data_version', { simple: true }) as number,
    async copyTo(target) {
      checkSchema(client);
      // All pages in one step: between two steps a commit would start the copy again.
      await client.backup(target, { progress: () => 2 ** 31 - 1 });
    },
    close: () => void client.close(),
  };
};
