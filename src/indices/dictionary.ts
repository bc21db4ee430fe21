import type { TextColumn } from '../lib/text-column.ts';
import type { HasState } from './state-columns.ts';
import { TextTable } from './text-table.ts';

/** Texts and their codes, which are dense from 0, so that columns and indices hold small integers. */
export interface ReadonlyDictionary {
  readonly size: number;
  /** Code of a text, undefined when it was never interned. */
  codeOf(text: string): number | undefined;
  /** Writes the codes of many texts, `absentUint32` for one that was never interned. */
  readCodes(texts: readonly string[], codes: Uint32Array): void;
  /** Text of a code, which is kept as a string; throws RangeError for a code that no text has. */
  textOf(code: number): string;
  /** The same for who needs it once, such as a copy of everything: it is not kept. */
  textOnceOf(code: number): string;
}

/** A dictionary that assigns codes in the order in which texts are first interned. */
export interface Dictionary extends ReadonlyDictionary, HasState {
  /** Code of a text; a new text gets the next code. */
  intern(text: string): number;
  /** The same for each text of a column; -1 for null. */
  internAll(texts: TextColumn): Int32Array;
  /** Bytes allocated, with those of the texts that are kept as strings besides. */
  readonly byteLength: number;
}

/** The texts take up to 4 GB; beyond it `intern` throws RangeError. */
export const createDictionary = (): Dictionary => {
  const texts = new TextTable();
  return {
    get size() {
      return texts.size;
    },
    codeOf: (text) => texts.codeOf(text),
    readCodes: (keys, codes) => texts.readCodes(keys, codes),
    intern: (text) => texts.intern(text, 0, text.length),
    internAll: (column) => texts.internAll(column),
    textOf: (code) => texts.textOf(code),
    textOnceOf: (code) => texts.textOnceOf(code),
    exchange: (columns) => texts.exchange(columns),
    get byteLength() {
      return texts.byteLength;
    },
  };
};
