import { fileChunks } from './file-chunks.ts';
import { jsonRecord } from './json-lines.ts';
import { type ElementSink, type JsonLayout, JsonScanner } from './json-scan.ts';
import type { RecordText } from './record-bytes.ts';
import { createRecordBytes } from './record-bytes.ts';
import type { SourceBatch, SourceFile, SourceRecord } from './source.ts';

/** Makes an element into a record; `key` names the list that holds it, null in a plain array. */
export type ElementReader = (line: number, text: RecordText, key: string | null) => SourceRecord;

const nullSink: ElementSink = { begin: () => {}, bytes: () => {}, end: () => {} };

/** Streams the elements of the lists in a JSON file; `recordOf` makes each into a record. */
export async function* readElements(
  file: SourceFile,
  recordBytesMax: number,
  layout: JsonLayout,
  recordOf: ElementReader,
): AsyncGenerator<SourceBatch> {
  // The structure of the whole file is checked first: no record of a truncated file is returned.
  const check = new JsonScanner(layout, nullSink);
  for await (const chunk of fileChunks(file)) check.push(chunk);
  check.finish();

  const pending = createRecordBytes(recordBytesMax);
  let records: SourceRecord[] = [];
  let line = 0;
  let key: string | null = null;
  const scanner = new JsonScanner(layout, {
    begin(elementLine, elementKey) {
      line = elementLine;
      key = elementKey;
    },
    bytes: pending.add,
    end: () => void records.push(recordOf(line, pending.drain(), key)),
  });
  let bytesRead = file.textStart;
  for await (const chunk of fileChunks(file)) {
    scanner.push(chunk);
    bytesRead += chunk.length;
    if (records.length > 0) yield { records, bytesRead };
    records = [];
  }
}

/** A JSON array: each element is a record with its original text. */
export const readJsonArray = (file: SourceFile, recordBytesMax: number): AsyncGenerator<SourceBatch> =>
  readElements(file, recordBytesMax, 'LIST', jsonRecord);
