import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import pMap from 'p-map';
import type { StoreCopier } from '../../db/store.ts';
import { DomainError } from '../errors.ts';
import {
  type Backup,
  type BackupFile,
  isSameState,
  type Manifest,
  newestBackup,
  sha256Of,
  writeManifest,
} from './manifest.ts';
import { type Chunk, encodeObject, objectFolder, objectName, readObject } from './objects.ts';
import { beginRun, waitForSweeps } from './runs.ts';
import { type Inspect, type SnapshotFile, takeSnapshot } from './snapshot.ts';
import type { BackupTarget } from './target.ts';

export interface BackupServices {
  readonly target: BackupTarget;
  readonly data: string;
  readonly store: StoreCopier;
  readonly inspect: Inspect;
  readonly parallel: number;
  readonly version: string;
  readonly nowUs: () => number;
}

export interface BackupResult {
  readonly backup: Backup;
  /** False when the newest backup has the same state: then no further one is written. */
  readonly isNew: boolean;
  readonly objects: number;
  readonly newObjects: number;
  /** What was written to the target. */
  readonly newBytes: number;
  /** Objects of earlier backups that were missing or damaged and were written again. */
  readonly repaired: number;
}

/**
 * Few pages change between two backups, and a page is 4 KiB: smaller chunks write fewer bytes for them, larger ones need
 * fewer objects.
 */
const storeChunkBytes = 65_536;
/** Other files never change. A chunk is held in memory. */
const fileChunkBytes = 8 * 1024 * 1024;

/**
 * Backs up one state of the store. Every object is read back and compared, also those of earlier backups, before the
 * manifest appears, which makes the backup one.
 */
export const createBackup = async (services: BackupServices, signal: AbortSignal): Promise<BackupResult> => {
  const { target, nowUs, version } = services;
  const run = await beginRun(target, 'backup', signal);
  try {
    await waitForSweeps(target, run, signal);
    const createdAtUs = nowUs();
    const snapshot = await takeSnapshot({ ...services, scratch: await target.scratch() }, signal);
    try {
      const writer = await openWriter(services, signal);
      const problems = [...snapshot.problems];
      const files: BackupFile[] = [];
      for (const file of snapshot.files) {
        const written = await writer.write(file);
        if (written.problem === undefined) files.push(written.file);
        else problems.push(written.problem);
      }
      await target.flush();
      const manifest: Manifest = {
        format: 1,
        asof: version,
        createdAtUs,
        sequence: snapshot.sequence,
        problems,
        files,
      };
      const newest = await newestBackup(target, signal);
      if (newest && isSameState(newest, manifest)) return { backup: newest, isNew: false, ...writer.counts };
      const { backup, bytes } = await writeManifest(target, manifest, signal);
      return { backup, isNew: true, ...writer.counts, newBytes: writer.counts.newBytes + bytes };
    } finally {
      await snapshot.remove();
    }
  } finally {
    await run.end();
  }
};

type WrittenFile =
  | { readonly file: BackupFile; readonly problem?: never }
  | { readonly problem: string; readonly file?: never };

/** Writes files as objects that the target does not have yet. */
const openWriter = async ({ target, parallel }: BackupServices, signal: AbortSignal) => {
  const known = new Set((await target.list(objectFolder, signal)).map(({ name }) => name));
  /** The objects of this backup, each of which is read back once. */
  const done = new Map<string, Promise<void>>();
  const counts = { objects: 0, newObjects: 0, newBytes: 0, repaired: 0 };

  const put = async (chunk: Chunk, content: Buffer): Promise<void> => {
    const stored = await encodeObject(content, chunk);
    await target.write(objectName(chunk), stored, signal);
    counts.newBytes += stored.length;
    const { damage } = await readObject(target, chunk, signal);
    if (damage !== undefined)
      throw new DomainError('SOURCE_UNREACHABLE', `${target.location}: ${damage}, right after it was written`);
  };

  const ensure = async (chunk: Chunk, content: Buffer): Promise<void> => {
    counts.objects++;
    if (!known.has(objectName(chunk))) {
      await put(chunk, content);
      counts.newObjects++;
    } else if ((await readObject(target, chunk, signal)).damage !== undefined) {
      await put(chunk, content);
      counts.repaired++;
    }
  };

  const ensureOnce = (chunk: Chunk, content: Buffer): Promise<void> => {
    const name = objectName(chunk);
    const running = done.get(name) ?? ensure(chunk, content);
    done.set(name, running);
    return running;
  };

  return {
    counts,
    async write({ owner, path, target: name, byteSize, sha256 }: SnapshotFile): Promise<WrittenFile> {
      // Files of images and datasets are compressed already.
      const isStore = sha256 === null && byteSize === null;
      const chunkBytes = isStore ? storeChunkBytes : fileChunkBytes;
      const whole = createHash('sha256');
      const chunks: string[] = [];
      let bytes = 0;
      const read = async function* (): AsyncGenerator<readonly [Chunk, Buffer]> {
        for await (const content of chunksOf(path, chunkBytes)) {
          if (sha256 !== null) whole.update(content);
          const chunk = { sha256: sha256Of(content), isCompressed: isStore, bytes: content.length };
          chunks.push(chunk.sha256);
          bytes += content.length;
          yield [chunk, content];
        }
      };
      await pMap(read(), ([chunk, content]) => ensureOnce(chunk, content), { concurrency: parallel, signal });
      if (byteSize !== null && bytes !== byteSize)
        return { problem: `${owner}: ${name} has ${bytes} bytes instead of ${byteSize}` };
      if (sha256 !== null && whole.digest('hex') !== sha256)
        return { problem: `${owner}: ${name} has other content than when it was stored (SHA-256 ${sha256})` };
      return { file: { path: name.replaceAll('\\', '/'), owner, bytes, chunkBytes, isCompressed: isStore, chunks } };
    },
  };
};

/** A file in chunks of a size; the last one may be shorter. */
async function* chunksOf(path: string, chunkBytes: number): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes);
      let length = 0;
      while (length < chunkBytes) {
        const { bytesRead } = await file.read(chunk, length, chunkBytes - length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > 0) yield chunk.subarray(0, length);
      if (length < chunkBytes) return;
    }
  } finally {
    await file.close();
  }
}
