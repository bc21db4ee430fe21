import { stat } from 'node:fs/promises';
import { DomainError } from '../errors.ts';
import { readCsv } from './csv.ts';
import { detectFormat } from './format.ts';
import { readCityRanges, readJsonArray } from './json-elements.ts';
import { readJsonLines } from './json-lines.ts';
import { readMmdb } from './mmdb.ts';
import type { SourceBatch, SourceFile, SourceLimits, SourceRecord, SourceShape } from './source.ts';
import { expectedColumns, nearestColumns, notATable } from './source.ts';

const chunkBytesDefault = 64 * 1024;

/** A batch is handed out early once it spans this much of the file, so that large records do not pile up. */
const batchBytesMax = 4 * 1024 * 1024;

const fileBytes = async (path: string, { fileBytesMax }: SourceLimits): Promise<number> => {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DomainError('NOT_FOUND', 'there is no such file', { cause });
  });
  if (!found.isFile()) throw new DomainError('NOT_FOUND', 'there is no such file, it is a folder or device');
  if (found.size <= fileBytesMax) return found.size;
  const message = `the file has ${found.size} bytes, over the limit fileBytesMax of ${fileBytesMax}`;
  throw new DomainError('TOO_LARGE', message);
};

async function* inBatches(parts: AsyncIterable<SourceBatch>, limits: SourceLimits): AsyncGenerator<SourceBatch> {
  let waiting: SourceRecord[] = [];
  let bytesDone = 0;
  let bytesRead = 0;
  for await (const part of parts) {
    waiting = waiting.length === 0 ? part.records : waiting.concat(part.records);
    bytesRead = part.bytesRead;
    let start = 0;
    for (; waiting.length - start >= limits.batchRecords; start += limits.batchRecords) {
      yield { records: waiting.slice(start, start + limits.batchRecords), bytesRead };
      bytesDone = bytesRead;
    }
    if (start > 0) waiting = waiting.slice(start);
    if (waiting.length > 0 && bytesRead - bytesDone > batchBytesMax) {
      yield { records: waiting, bytesRead };
      waiting = [];
      bytesDone = bytesRead;
    }
  }
  if (waiting.length > 0) yield { records: waiting, bytesRead };
}

/** So many records that all lack a field are of another kind; fewer may each be at fault. */
const sampleMin = 3;

/** Throws NOT_A_TABLE for a JSON file of another kind: no record of the first batch has the fields it should have. */
const checkKind = (records: readonly SourceRecord[], shape: SourceShape): void => {
  const objects = records.flatMap(({ value }) => (value ? [Object.keys(value)] : []));
  const [first] = objects;
  if (!first || objects.some((names) => nearestColumns(names, shape).missing.length === 0)) return;
  const { set, missing } = nearestColumns([...new Set(objects.flat())], shape);
  const hasNone = missing.length === set.length;
  if (!hasNone && (objects.length < sampleMin || missing.length === 0)) return;
  const found = first.slice(0, 20).join(', ').slice(0, 300).toWellFormed();
  throw notATable(`no record has ${missing.join(', ')}; the first has ${found}; expected ${expectedColumns(shape)}`);
};

/**
 * Streams the records of a file on disk, whatever its format: JSON array, JSON Lines, CSV and, for city ranges, a
 * mapping of cities or a MaxMind database. The next part is read when the next batch is asked for. Before the first
 * batch it throws DomainError NOT_FOUND, TOO_LARGE or NOT_A_TABLE when the file as a whole is at fault; a faulty record
 * is handed out with its problems among the others.
 */
export async function* readSource(
  path: string,
  shape: SourceShape,
  limits: SourceLimits,
  chunkBytes = chunkBytesDefault,
): AsyncGenerator<SourceBatch> {
  const bytes = await fileBytes(path, limits);
  const { format, textStart } = await detectFormat(path, bytes, shape);
  const file: SourceFile = { path, bytes, textStart, chunkBytes };
  const readers = {
    JSON_ARRAY: () => readJsonArray(file, limits.recordBytesMax),
    JSON_LINES: () => readJsonLines(file, limits.recordBytesMax),
    CITY_RANGES: () => readCityRanges(file, limits.recordBytesMax),
    CSV: () => readCsv(file, shape, limits.recordBytesMax),
    MMDB: () => readMmdb(file),
  };
  let isFirst = true;
  for await (const batch of inBatches(readers[format](), limits)) {
    if (isFirst && (format === 'JSON_ARRAY' || format === 'JSON_LINES')) checkKind(batch.records, shape);
    isFirst = false;
    yield batch;
  }
}
