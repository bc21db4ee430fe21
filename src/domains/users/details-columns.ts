import { createDictionary, type ReadonlyDictionary } from '../../indices/dictionary.ts';
import { growableFloat64, growableUint32 } from '../../indices/growable.ts';
import { noSeq } from '../../indices/seq-array.ts';
import { SeqColumn } from '../../indices/seq-column.ts';
import { exchangeColumns, exchangeParts, type StateColumns } from '../../indices/state-columns.ts';

/** The content of a user's own file. */
export interface UserDetails {
  readonly firstName: string | null;
  readonly lastName: string | null;
  /** Milliseconds since 1970 UTC, negative before. */
  readonly birthMs: number;
}

export interface StoredDetails extends UserDetails {
  /** The record that states them. */
  readonly seq: number;
}

/** One of a user's names by the code of the details. */
export interface NameColumn {
  readonly codeBy: (detailsCode: number) => number;
  readonly textOf: (nameCode: number) => string;
  readonly size: number;
}

type DetailsRow = { readonly [Field in keyof StoredDetails]: StoredDetails[Field] | null };

/** Details of users as columns; codes count from 1, and code 0 stands for a user without a file. */
export const createDetailsColumns = () => {
  const [firstNames, lastNames] = [createDictionary(), createDictionary()];
  const [firstOf, lastOf, birth, seqs] = [growableUint32(), growableUint32(), growableFloat64(), new SeqColumn()];
  // Code 0 of a name stands for no name.
  for (const names of [firstNames, lastNames]) names.intern('');
  firstOf.push(0);
  lastOf.push(0);
  birth.push(Number.NaN);
  seqs.push(noSeq);

  return {
    /** Appends details and returns their code. */
    push({ firstName, lastName, birthMs, seq }: DetailsRow): number {
      firstOf.push(firstNames.intern(firstName ?? ''));
      lastOf.push(lastNames.intern(lastName ?? ''));
      seqs.push(seq ?? noSeq);
      return birth.push(birthMs ?? Number.NaN);
    },
    detailsOf: (code: number): StoredDetails | null =>
      code === 0
        ? null
        : {
            firstName: firstNames.textOf(firstOf.values[code] as number) || null,
            lastName: lastNames.textOf(lastOf.values[code] as number) || null,
            birthMs: birth.values[code] as number,
            seq: seqs.at(code),
          },
    birthMsOf: (code: number): number => birth.values[code] as number,
    firstNames: nameColumn(firstNames, (code) => firstOf.values[code] as number),
    lastNames: nameColumn(lastNames, (code) => lastOf.values[code] as number),
    exchange(columns: StateColumns): void {
      exchangeParts(columns, { firstNames, lastNames });
      exchangeColumns(columns, { firstOf, lastOf, birth, seqs });
    },
    get byteLength() {
      const columns = [firstNames, lastNames, firstOf, lastOf, birth, seqs];
      return columns.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    },
  };
};

const nameColumn = (names: ReadonlyDictionary, codeBy: (code: number) => number): NameColumn => ({
  codeBy,
  textOf: names.textOf,
  get size() {
    return names.size;
  },
});
