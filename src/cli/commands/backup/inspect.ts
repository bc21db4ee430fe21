import type { StoreState } from '../../../backup/snapshot.ts';
import type { Config } from '../../../config.ts';
import { withExistingData } from '../../data-folder.ts';
import { isSystemError } from '../../exit.ts';

/** What the store of a data folder says about itself, without looking at the files that it names. */
export const inspectStore = (config: Config, data: string): Promise<StoreState> =>
  withExistingData({ ...config, data }, async ({ store, domains }) => {
    try {
      const { problems, records } = store.verify();
      return { sequence: records, problems, files: [...domains.storedFiles()] };
    } catch (error) {
      // SQLite cannot check a badly damaged file at all.
      if (!isSystemError(error)) throw error;
      return { sequence: 0, problems: [`file: ${error.message}`], files: [] };
    }
  });
