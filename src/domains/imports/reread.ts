import type { FieldProblem } from '../../errors.ts';
import type { Importer, ReadOptions } from '../../ledger/record.ts';
import { FileCells } from '../../lib/cells/file-cells.ts';
import { parseExactJson } from '../../lib/exact-json.ts';
import type { ImportReading } from '../../lib/import-reading.ts';
import type { ReadResult } from '../../lib/problems.ts';
import { readRecordRow } from '../../sources/record-row.ts';

export interface RereadOptions {
  /** How the import of the record has read its file; null for a record of the API. */
  readonly reading: ImportReading | null;
  /** Words besides those of the import. */
  readonly synonyms?: ReadOptions['synonyms'];
  readonly recordBytesMax: number;
}

/**
 * Reads one record alone, as its import reads it: a JSON object with the field names of its wire format or, where its file is
 * CSV, a row of that file.
 */
export const reread = (
  importer: Importer,
  text: string,
  { reading, synonyms, recordBytesMax }: RereadOptions,
): ReadResult<unknown> => {
  const table = reading?.table ?? null;
  const json = parseJson(text, table !== null);
  const isJson = json.problems === undefined || table === null || text.trimStart().startsWith('{');
  const { value, problems } = isJson ? json : readRecordRow(text, table, recordBytesMax);
  if (problems) return { problems };
  if (reading === null) return importer.read(value, { synonyms });
  const { options, fields } = reading;
  const cells = new FileCells(importer.writtenFields ?? {}, options, fields);
  return importer.read(value, { ...options, synonyms: { ...options.synonyms, ...synonyms }, cells });
};

const malformed = (message: string): { readonly problems: FieldProblem[] } => ({
  problems: [{ path: '', code: 'MALFORMED', message }],
});

const parseJson = (text: string, orRow: boolean): ReadResult<unknown> => {
  const expected = orRow ? 'a JSON object or a row of its file' : 'a JSON object';
  try {
    const value = parseExactJson(text);
    // A number or a text alone may be a row with too few cells, and is no record of JSON.
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { value } : malformed(`the record must be ${expected}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return malformed(`the record must be ${expected}, and this is not JSON: ${error.message}`);
  }
};
