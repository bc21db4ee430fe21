import type { RawRecord } from '../src/domains/imports/ingest-records.ts';
import { stringifyExact } from '../src/lib/exact-json.ts';
import type { RecordFace } from '../src/lib/problems.ts';

interface WrittenFields<Field extends string> {
  /** The fields of the input with their names in the wire format. */
  readonly fields: Readonly<Record<Field, string>>;
  /** The words of some fields with those of the wire format. */
  readonly words?: { readonly [Name in Field]?: Readonly<Record<string, string>> };
}

/**
 * Reads records of a mutation as those of a file are read: each is judged alone, with the names of the input in its problems.
 * Rejects are stored in the wire format, so that they can be corrected wherever they came from.
 */
export const writtenRecords = <Field extends string>({ fields, words = {} }: WrittenFields<Field>) => {
  const inputNames = new Map(Object.entries<string>(fields).map(([name, wireName]) => [wireName, name]));
  const allWords = Object.values<Readonly<Record<string, string>> | undefined>(words);
  const inputWords = new Map(
    allWords.flatMap((ofField = {}) => Object.entries(ofField).map(([word, wireWord]) => [wireWord, word] as const)),
  );
  const face: RecordFace = {
    fieldOf: (field) => inputNames.get(field) ?? field,
    wordOf: (word) => inputWords.get(word) ?? word,
  };
  const wireValue = (name: Field, value: unknown): unknown => {
    const ofField = words[name];
    return ofField && typeof value === 'string' && Object.hasOwn(ofField, value) ? ofField[value] : value;
  };
  const wireRecord = (input: Readonly<Partial<Record<Field, unknown>>>) =>
    Object.fromEntries(
      (Object.keys(fields) as Field[]).flatMap((name) =>
        input[name] == null ? [] : [[fields[name], wireValue(name, input[name])]],
      ),
    );
  return {
    face,
    /** The record of an input; null is a record without fields. */
    recordOf(input: Readonly<Partial<Record<Field, unknown>>> | null | undefined): RawRecord {
      const value = input == null ? null : wireRecord(input);
      return { value, raw: stringifyExact(value) };
    },
  };
};
