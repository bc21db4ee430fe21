import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file system of its own in memory, for tests of a full disk. */
export interface SmallDisk {
  readonly path: string;
  /** Takes up all space but so many bytes. */
  fill(freeBytes?: number): Promise<void>;
  makeReadOnly(): void;
  /** Gives the space back. */
  free(): void;
}

const shell = (command: string, ...args: readonly string[]): Buffer =>
  execFileSync('sh', ['-c', command, 'sh', ...args], { stdio: 'pipe' });

/** Mounts one, which only root may do; null where the system refuses. The end of the test unmounts it. */
export const mountSmallDisk = async (bytes: number): Promise<SmallDisk | null> => {
  const path = await mkdtemp(join(tmpdir(), 'asof-disk-'));
  try {
    shell('mount -t tmpfs -o size="$1" tmpfs "$2"', String(bytes), path);
  } catch {
    rmSync(path, { recursive: true });
    return null;
  }
  onTestFinished(() => {
    // Lazily: a process that was killed may still be on its way out.
    shell('umount -l "$1"', path);
    rmSync(path, { recursive: true, force: true });
  });
  const ballast = join(path, 'ballast');
  return {
    path,
    async fill(freeBytes = 0) {
      const file = await open(ballast, 'a');
      try {
        for (let block = 65_536; block >= 512; ) {
          const { bavail, bsize } = statfsSync(path);
          const length = Math.min(block, bavail * bsize - freeBytes);
          if (length <= 0) return;
          try {
            await file.write(Buffer.alloc(length));
          } catch {
            block /= 2;
          }
        }
      } finally {
        await file.close();
      }
    },
    makeReadOnly: () => void shell('mount -o remount,ro "$1"', path),
    free: () => rmSync(ballast, { force: true }),
  };
};
