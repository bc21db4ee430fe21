import { DomainError } from '../../errors.ts';
import type { Imports } from '../imports/imports.ts';
import type { ImportStarter } from '../imports/starter.ts';
import { userFilesTarget } from './target.ts';
import type { UserSync } from './user-sync.ts';

/** Starts requested synchronizations: only with the folder or bucket that the operator has set. */
export const createSyncStarter = (userSync: UserSync, imports: Pick<Imports, 'importsByIds'>): ImportStarter => ({
  target: userFilesTarget,
  async start(source, wait) {
    const isOther = source && (source.file != null || source.location !== userSync.location);
    if (isOther)
      throw new DomainError(
        'NOT_ALLOWED',
        'user files are read only from the location of the server (setting userFiles): leave source out',
      );
    const { import: started, done } = await userSync.run();
    if (!wait) {
      done.catch(() => undefined);
      return started;
    }
    const ended = await done.then(
      (report) => report.import,
      () => imports.importsByIds([started.id])[0],
    );
    return ended ?? started;
  },
});
