import { stringifyExact } from '../lib/exact-json.ts';
import { fileChunks } from './file-chunks.ts';
import { jsonRecord } from './json-lines.ts';
import type { ElementSink, JsonLayout } from './json-scan.ts';
import { createJsonScanner } from './json-scan.ts';
import type { RecordText } from './record-bytes.ts';
import { createRecordBytes } from './record-bytes.ts';
import type { SourceBatch, SourceFile, SourceRecord } from './source.ts';

type RecordOf = (line: number, text: RecordText, key: string | null) => SourceRecord;

const blindSink: ElementSink = { begin: () => {}, bytes: () => {}, end: () => {} };

async function* readElements(
  file: SourceFile,
  recordBytesMax: number,
  layout: JsonLayout,
  recordOf: RecordOf,
): AsyncGenerator<SourceBatch> {
  // The whole structure first: nothing of a file that is cut off is handed out.
  const check = createJsonScanner(layout, blindSink);
  for await (const chunk of fileChunks(file)) check.push(chunk);
  check.finish();

  const pending = createRecordBytes(recordBytesMax);
  let records: SourceRecord[] = [];
  let line = 0;
  let key: string | null = null;
  const scanner = createJsonScanner(layout, {
    begin(elementLine, elementKey) {
      line = elementLine;
      key = elementKey;
    },
    bytes: pending.add,
    end: () => void records.push(recordOf(line, pending.take(), key)),
  });
  let bytesRead = file.textStart;
  for await (const chunk of fileChunks(file)) {
    scanner.push(chunk);
    bytesRead += chunk.length;
    if (records.length > 0) yield { records, bytesRead };
    records = [];
  }
}

/** A JSON array: each element is a record with its text as it is written there. */
export const readJsonArray = (file: SourceFile, recordBytesMax: number): AsyncGenerator<SourceBatch> =>
  readElements(file, recordBytesMax, 'LIST', jsonRecord);

const rangeFields = ['start', 'end', 'cidr'];

/** One range of a city, with the city in the record: its text is the JSON of exactly this value. */
const rangeRecord: RecordOf = (line, text, city) => {
  const record = jsonRecord(line, text);
  const { value: range } = record;
  if (range === undefined) return record;
  const fields = rangeFields.filter((name) => Object.hasOwn(range, name)).map((name) => [name, range[name]]);
  const value = { city, ...(Object.fromEntries(fields) as Record<string, unknown>) };
  return { line, raw: stringifyExact(value), value };
};

/** `{"london": [{"start", "end"}, …], …}`: one record a range. */
export const readCityRanges = (file: SourceFile, recordBytesMax: number): AsyncGenerator<SourceBatch> =>
  readElements(file, recordBytesMax, 'LISTS_BY_KEY', rangeRecord);
