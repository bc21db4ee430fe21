import type { Importer, ReadOptions } from '../../ledger/record.ts';
import { FileCells } from '../../lib/cells/file-cells.ts';
import { readSource } from '../../sources/read-source.ts';
import type { SourceBatch, SourceLimits } from '../../sources/source.ts';

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
  path: string,
  { shape, writtenFields = {} }: Importer,
  limits: SourceLimits,
  options: ReadOptions,
): AsyncGenerator<SurveyedBatch> {
  const cells = new FileCells(writtenFields, options);
  for await (const batch of readSource(path, shape, limits)) {
    if (batch.records.some(({ value }) => value && cells.needsSurvey(value))) {
      for await (const { records } of readSource(path, shape, limits))
        for (const { value } of records) if (value) cells.survey(value);
      cells.decide();
    }
    yield { batch, cells };
  }
}
