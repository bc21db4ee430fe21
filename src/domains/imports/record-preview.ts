import type { FieldProblem } from '../../errors.ts';
import { type Importer, wireFieldsOf } from '../../ledger/record.ts';
import { stringifyExact } from '../../lib/exact-json.ts';
import type { SourceRecord } from '../../sources/source.ts';
import type { Import } from './job.ts';

/** A column of a CSV file, or a field of the objects of a JSON file. */
export interface RecordColumn {
  readonly name: string;
  /** The fields of the records that are read from it, by their names in the wire format; none for a column that is ignored. */
  readonly fields: readonly string[];
  /** Different texts of it as the file has them, at most 5. */
  readonly examples: readonly string[];
}

export interface RecordPreviewRow {
  /** The line of the file on which the record begins, from 1. */
  readonly line: number;
  /** The record in its wire format. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** The records of a file as an import would store them. */
export interface RecordPreview {
  readonly columns: readonly RecordColumn[];
  /** The fields that records of the target have, some of them not in each. */
  readonly fields: readonly string[];
  /** The first records that the import would store: not duplicates, conflicts and rejects. */
  readonly rows: readonly RecordPreviewRow[];
}

/** A record that an import would reject, with its original text. */
export interface FirstReject {
  readonly line: number;
  readonly raw: string;
  readonly problems: FieldProblem[];
}

/** The result of a dry run besides its counts. */
export interface RecordDryRun {
  /** Null when nothing of the file could be read as records. */
  readonly preview: RecordPreview | null;
  readonly rejects: readonly FirstReject[];
}

/** The state of an import of records. */
export type RecordImport = Import & { readonly recordDryRun?: RecordDryRun };

/** Rejected records that the result of a dry run shows. */
export const firstRejectsMax = 20;

/** Rows or records that the result of a dry run shows. */
export const previewRowsMax = 100;

/** Different values of a column that the result of a dry run shows. */
export const examplesMax = 5;

/** JSON objects can have any number of fields. */
const columnsMax = 1000;
const exampleLengthMax = 200;

/** Collects the result of a dry run of one file. */
export class RecordPreviewBuilder {
  readonly #importer: Importer;
  readonly #columns = new Map<string, Set<string>>();
  readonly #rows: RecordPreviewRow[] = [];
  readonly #rejects: FirstReject[] = [];

  constructor(importer: Importer) {
    this.#importer = importer;
  }

  readonly addColumns = (names: readonly string[]): void => {
    for (const name of names) this.#examplesOf(name);
  };

  /** Adds the columns of a record, whether or not the import would store it. */
  addRecord({ value }: SourceRecord): void {
    for (const name in value) {
      const examples = this.#examplesOf(name);
      const cell = value[name];
      if (!examples || examples.size === examplesMax || cell == null || cell === '') continue;
      const text = typeof cell === 'string' ? cell : stringifyExact(cell);
      examples.add(text.length > exampleLengthMax ? `${text.slice(0, exampleLengthMax).toWellFormed()}…` : text);
    }
  }

  addStored(line: number, record: unknown): void {
    if (this.#rows.length < previewRowsMax) this.#rows.push({ line, record: this.#importer.wire(record) });
  }

  addReject({ line, raw }: SourceRecord, problems: FieldProblem[]): void {
    if (this.#rejects.length < firstRejectsMax) this.#rejects.push({ line, raw, problems });
  }

  result(): RecordDryRun {
    const { fields } = this.#importer;
    const columns = Array.from(this.#columns, ([name, examples]) => ({
      name,
      fields: Object.hasOwn(fields, name) ? (fields[name] ?? []) : [],
      examples: [...examples],
    }));
    const preview = columns.length > 0 ? { columns, fields: wireFieldsOf(this.#importer), rows: this.#rows } : null;
    return { preview, rejects: this.#rejects };
  }

  #examplesOf(name: string): Set<string> | undefined {
    const known = this.#columns.get(name);
    if (known || this.#columns.size === columnsMax) return known;
    const examples = new Set<string>();
    this.#columns.set(name, examples);
    return examples;
  }
}
