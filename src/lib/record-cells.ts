/** The fields of a target's records in which people write numbers and times in their own way. */
export interface WrittenFields {
  readonly amounts?: readonly string[];
  readonly instants?: readonly string[];
}

/** A cell as canonical text, or why it is not read. */
export type WrittenCell =
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: string };

/** How the text fields of a file's records are read. */
export interface RecordCells {
  /** Whether a text stands for a missing value; `isWord` says that it is also a value of its field. */
  isMissing(text: string, isWord: boolean): boolean;
  /**
   * An amount, or a time that is not written in the usual form, by the reading of its field in this file; null when the file
   * has no such reading, or when the text is read in the same way in all files.
   */
  read(name: string, text: string): WrittenCell | null;
}
