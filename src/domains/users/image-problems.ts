import type { Store } from '../../../db/store.ts';
import { userFiles } from '../../../db/tables/user-files.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import { problemOfFile } from '../../sources/stored-file.ts';

const images = {
  columns: ['seq', 'name', 'userId', 'sha256', 'byteSize'],
  match: { kind: 'IMAGE', outcome: 'TAKEN' },
  orderBy: 'seq',
  sliceRows: 1000,
} as const;

/**
 * What is wrong with the files of all images that users have or had, one text for each faulty file. Each content is one
 * file, which is reported with the first name that it came with.
 */
export async function* imageProblems(store: Store, imageStore: ImageStore): AsyncGenerator<string> {
  const checked = new Set<string>();
  for (const rows of store.slices(userFiles, images))
    for (const { name, userId, sha256, byteSize } of rows) {
      if (sha256 === null || checked.has(sha256)) continue;
      checked.add(sha256);
      const problem = await problemOfFile({ path: imageStore.pathOf(sha256), byteSize, sha256 });
      if (problem !== null) yield `image ${name} of user ${userId}: ${problem}`;
    }
}
