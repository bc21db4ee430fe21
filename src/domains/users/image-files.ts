import type { Store } from '../../../db/store.ts';
import { userFiles } from '../../../db/tables/user-files.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import type { OwnedFile } from '../../sources/stored-file.ts';

const images = {
  columns: ['seq', 'name', 'userId', 'sha256', 'byteSize'],
  match: { kind: 'IMAGE', outcome: 'TAKEN' },
  orderBy: 'seq',
  sliceRows: 1000,
} as const;

/** The files of all images that users have or had. Each content is one file, with the first name that it came with. */
export function* imageFiles(store: Store, imageStore: ImageStore): Generator<OwnedFile> {
  const known = new Set<string>();
  for (const records of store.slices(userFiles, images))
    for (const { name, userId, sha256, byteSize } of records.rows()) {
      if (sha256 === null || known.has(sha256)) continue;
      known.add(sha256);
      yield { owner: `image ${name} of user ${userId}`, path: imageStore.pathOf(sha256), byteSize, sha256 };
    }
}
