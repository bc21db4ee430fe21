import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipRangesShape } from '../../src/domains/ip-city/import.ts';
import type { FileDialect, TextOptions } from '../../src/lib/import-options.ts';
import { readSource } from '../../src/sources/read-source.ts';
import type { SourceLimits, SourceRecord, SourceShape } from '../../src/sources/source.ts';

export const statusShape: SourceShape = { columns: [['user_id', 'created_at', 'status']] };
/** Accepts JSON records with any fields; tests of CSV pass their own columns. */
const anyShape: SourceShape = { columns: [] };
export const rangeShape = ipRangesShape;
export const limits: SourceLimits = { recordBytesMax: 1000, fileBytesMax: 1_000_000, batchRecords: 100 };

export interface ReadOptions {
  shape?: SourceShape;
  limits?: Partial<SourceLimits>;
  chunkBytes?: number;
  text?: TextOptions;
  onDialect?: (dialect: FileDialect) => void;
}

/** Runs with the path of a temporary file that has this content. */
export const withFile = async <T>(content: string | Uint8Array, use: (path: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'asof-source-'));
  const path = join(folder, 'file');
  try {
    writeFileSync(path, content);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Every record of a file with this content. */
export const recordsOf = (content: string | Uint8Array, options: ReadOptions = {}): Promise<SourceRecord[]> =>
  withFile(content, async (path) => {
    const records: SourceRecord[] = [];
    const shape = options.shape ?? anyShape;
    for await (const batch of readSource(path, shape, { ...limits, ...options.limits }, options)) {
      records.push(...batch.records);
    }
    return records;
  });
