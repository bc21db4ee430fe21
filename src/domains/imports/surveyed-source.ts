import type { Importer, ReadOptions } from '../../ledger/record.ts';
import { FileCells } from '../../lib/cells/file-cells.ts';
import { textOptionsOf } from '../../lib/import-option-texts.ts';
import type { FileDialect, TextOptions } from '../../lib/import-options.ts';
import type { RecordTable } from '../../lib/import-reading.ts';
import { readSource } from '../../sources/read-source.ts';
import type { SourceBatch, SourceLimits } from '../../sources/source.ts';

export interface SurveyedFile {
  readonly path: string;
  readonly options: ReadOptions & TextOptions;
  /** Receives how the file is read, before the first batch. */
  readonly onDialect: (dialect: FileDialect) => void;
  /** Receives how rows of a CSV file are records, before the first batch. */
  readonly onTable: (table: RecordTable) => void;
}

export interface SurveyedBatch {
  readonly batch: SourceBatch;
  /** How the cells of the batch are read. */
  readonly cells: FileCells;
}

/**
 * Streams the records of a file as `readSource` does. All records are seen first as soon as one has an amount or a time that
 * only the others explain, such as `1.234,50`; records before it do not need that.
 */
export async function* surveyedSource(
  { path, options, onDialect, onTable }: SurveyedFile,
  { shape, writtenFields = {} }: Importer,
  limits: SourceLimits,
): AsyncGenerator<SurveyedBatch> {
  const cells = new FileCells(writtenFields, options);
  const text = textOptionsOf(options);
  for await (const batch of readSource(path, shape, limits, { text, onDialect, onTable })) {
    if (batch.records.some(({ value }) => value && cells.needsSurvey(value))) {
      for await (const { records } of readSource(path, shape, limits, { text }))
        for (const { value } of records) if (value) cells.survey(value);
      cells.decide();
    }
    yield { batch, cells };
  }
}
