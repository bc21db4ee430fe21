/** The character that separates the cells of a row. */
export const delimiters = [',', ';', '\t', '|', ':', ' '] as const;
export type Delimiter = (typeof delimiters)[number];

export type TextEncoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'WINDOWS-1252';

/** How the text of a file is split into rows and cells. What is absent is detected. */
export interface TextOptions {
  readonly delimiter?: Delimiter | undefined;
  readonly encoding?: TextEncoding | undefined;
  /** The line of the header, from 1, or `none` for a file without one, whose columns are then `column1`, `column2`, … */
  readonly headerLine?: number | 'none' | undefined;
}

/** How a CSV file was read: detected or as the options say. */
export interface FileDialect {
  readonly encoding: TextEncoding;
  readonly delimiter: Delimiter;
  /** The quoting character; null when the file uses none. */
  readonly quote: '"' | "'" | null;
  /** How a quote is written within a quoted cell: twice, or after a backslash. */
  readonly escape: 'DOUBLED' | 'BACKSLASH';
  /** The line of the header, from 1; null for a file without one. */
  readonly headerLine: number | null;
  /** Lines before the header that are not part of the table: titles, comments, `sep=`. */
  readonly skippedLines: number;
  /** Sentences about what a person should check, such as that only one column was found. */
  readonly warnings: readonly string[];
}
