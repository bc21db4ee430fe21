import type { Store } from '../../../db/store.ts';
import { userFiles } from '../../../db/tables/user-files.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import type { StoredFiles } from '../../sources/stored-file.ts';

const images = {
  columns: ['seq', 'name', 'userId', 'sha256', 'byteSize'],
  match: { kind: 'IMAGE', outcome: 'TAKEN' },
  orderBy: 'seq',
  sliceRows: 1000,
} as const;

/** The files of all images that users have or had: each content once, under the first name that it came with. */
export const storedImages = (store: Store, imageStore: ImageStore): StoredFiles =>
  function* () {
    const listed = new Set<string>();
    for (const rows of store.slices(userFiles, images))
      for (const { name, userId, sha256, byteSize } of rows) {
        if (sha256 === null || listed.has(sha256)) continue;
        listed.add(sha256);
        yield { what: `image ${name} of user ${userId}`, path: imageStore.pathOf(sha256), bytes: byteSize, sha256 };
      }
  };
