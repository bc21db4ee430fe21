import { stat } from 'node:fs/promises';
import { DomainError } from '../errors.ts';
import { type CsvRecordOptions, readCsv } from './csv.ts';
import { detectFormat } from './format.ts';
import { readJsonArray } from './json-elements.ts';
import { readJsonLines, readJsonObject } from './json-lines.ts';
import type { SourceBatch, SourceFile, SourceLimits, SourceRecord, SourceShape } from './source.ts';
import { expectedColumns, nearestColumns, notATable } from './source.ts';

const jsonChunkBytes = 64 * 1024;

/** A batch ends early once it spans this much of the file, which bounds the memory of large records. */
const batchBytesMax = 4 * 1024 * 1024;

const fileBytes = async (path: string, { fileBytesMax }: SourceLimits): Promise<number> => {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DomainError('NOT_FOUND', 'there is no such file', { cause });
  });
  if (!found.isFile()) throw new DomainError('NOT_FOUND', 'the path is a folder or device, not a file');
  if (found.size <= fileBytesMax) return found.size;
  const message = `the file has ${found.size} bytes, over the limit fileBytesMax of ${fileBytesMax}`;
  throw new DomainError('TOO_LARGE', message);
};

async function* regroup(parts: AsyncIterable<SourceBatch>, limits: SourceLimits): AsyncGenerator<SourceBatch> {
  let pending: SourceRecord[] = [];
  let bytesDone = 0;
  let bytesRead = 0;
  let fileHeader: unknown;
  const batchOf = (records: SourceRecord[]): SourceBatch => {
    const batch = fileHeader === undefined ? { records, bytesRead } : { records, bytesRead, fileHeader };
    fileHeader = undefined;
    return batch;
  };
  for await (const part of parts) {
    fileHeader ??= part.fileHeader;
    pending = pending.length === 0 ? part.records : pending.concat(part.records);
    bytesRead = part.bytesRead;
    let start = 0;
    for (; pending.length - start >= limits.batchRecords; start += limits.batchRecords) {
      yield batchOf(pending.slice(start, start + limits.batchRecords));
      bytesDone = bytesRead;
    }
    if (start > 0) pending = pending.slice(start);
    if (pending.length > 0 && bytesRead - bytesDone > batchBytesMax) {
      yield batchOf(pending);
      pending = [];
      bytesDone = bytesRead;
    }
  }
  if (pending.length > 0) yield batchOf(pending);
}

/** This many records that all lack a field are of another kind; fewer may each be incomplete. */
const sampleMin = 3;

/** Throws NOT_A_TABLE for a JSON file of another kind: no record of the first batch has the expected fields. */
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

export type SourceReadOptions = Omit<CsvRecordOptions, 'recordBytesMax'>;

/**
 * Streams the records of a file: a JSON array, JSON Lines, one JSON object, CSV or a custom format of its importer. The next part of the
 * file is read on demand. Throws NOT_FOUND, TOO_LARGE or NOT_A_TABLE before the first batch when the file as a whole is
 * invalid; an invalid record is returned with its problems among the others.
 */
export async function* readSource(
  path: string,
  shape: SourceShape,
  limits: SourceLimits,
  options: SourceReadOptions = {},
): AsyncGenerator<SourceBatch> {
  const { recordBytesMax } = limits;
  const bytes = await fileBytes(path, limits);
  const { format, textStart } = await detectFormat(path, bytes, shape, recordBytesMax);
  const file: SourceFile = { path, bytes, textStart, chunkBytes: options.chunkBytes ?? jsonChunkBytes };
  const [textOption] = Object.keys(options.text ?? {});
  if (format !== 'CSV' && textOption !== undefined)
    throw new DomainError('BAD_REQUEST', `${textOption} is for CSV files, and this file is of another format`);
  const readers = {
    JSON_ARRAY: () => readJsonArray(file, recordBytesMax),
    JSON_LINES: () => readJsonLines(file, recordBytesMax),
    JSON_OBJECT: () => readJsonObject(file),
    CSV: () => readCsv(path, shape, { ...options, recordBytesMax }),
  };
  const parts = typeof format === 'string' ? readers[format]() : format.read(file, recordBytesMax);
  let isFirst = true;
  for await (const batch of regroup(parts, limits)) {
    if (isFirst && typeof format === 'string' && format !== 'CSV') checkKind(batch.records, shape);
    isFirst = false;
    yield batch;
  }
}
