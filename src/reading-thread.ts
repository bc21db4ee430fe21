import { availableParallelism } from 'node:os';
import type { Config } from './config.ts';
import { ReadingThread } from './domains/imports/reading-thread.ts';
import type { BlockImporter } from './domains/imports/record-blocks.ts';
import { startThread } from './lib/thread.ts';

export type ReadingWorkerData = Pick<Config, 'recordBytesMax' | 'bodyBytesMax'>;

/** Reads the events of long bodies in a thread; null on a single core, where two threads would only take turns. */
export const createReadingThread = (
  importer: Pick<BlockImporter, 'blocks'>,
  { recordBytesMax, bodyBytesMax }: ReadingWorkerData,
): ReadingThread | null => {
  if (availableParallelism() === 1) return null;
  const workerData: ReadingWorkerData = { recordBytesMax, bodyBytesMax };
  // Records live until their block is sent: in a larger young generation nearly all have died when it is collected.
  const resourceLimits = { maxYoungGenerationSizeMb: 32 };
  return new ReadingThread(importer, () =>
    startThread(import.meta.url, 'reading-worker', { workerData, resourceLimits }),
  );
};
