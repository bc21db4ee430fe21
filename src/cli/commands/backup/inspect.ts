import { join } from 'node:path';
import { segmentFolder } from '../../../../db/open.ts';
import type { Store } from '../../../../db/store.ts';
import type { StateFile, StoreState } from '../../../backup/snapshot.ts';
import type { Config } from '../../../config.ts';
import { withExistingData } from '../../data-folder.ts';
import { isSystemError } from '../../exit.ts';

/** In a backup segments are in the data folder, wherever they are now. */
const segmentFiles = (store: Store, data: string): StateFile[] => {
  const archive = store.archive();
  return archive.segments().map((segment) => ({
    owner: `records ${segment.firstSeq} to ${segment.lastSeq}`,
    path: join(segmentFolder(data), segment.name),
    ...{ byteSize: segment.bytes, sha256: segment.sha256 },
    // Of those in a bucket the data folder has copies.
    ...(segment.location.startsWith('s3://') ? {} : { elsewhere: archive.pathOf(segment) }),
  }));
};

/** What the store of a data folder says about itself, without looking at the files that it names. */
export const inspectStore = (config: Config, data: string): Promise<StoreState> =>
  withExistingData({ ...config, data }, async ({ store, domains }) => {
    try {
      // What is in segments is compared with their SHA-256 while they are read.
      const { problems, records } = store.verify(1, { withSegments: false });
      return { sequence: records, problems, files: [...domains.storedFiles(), ...segmentFiles(store, data)] };
    } catch (error) {
      // SQLite cannot check a badly damaged file at all.
      if (!isSystemError(error)) throw error;
      return { sequence: 0, problems: [`file: ${error.message}`], files: [] };
    }
  });
