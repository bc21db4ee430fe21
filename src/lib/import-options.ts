/** The character that separates the cells of a row. */
export const delimiters = [',', ';', '\t', '|', '~', '^', '\x1f', '\x01', ':', ' '] as const;
export type Delimiter = (typeof delimiters)[number];

export const textEncodings = ['UTF-8', 'UTF-16LE', 'UTF-16BE', 'WINDOWS-1252'] as const;
export type TextEncoding = (typeof textEncodings)[number];

export const dateOrders = ['YMD', 'DMY', 'MDY'] as const;
export type DateOrder = (typeof dateOrders)[number];

/** How the text of a file is split into rows and cells. What is absent is detected. */
export interface TextOptions {
  readonly delimiter?: Delimiter | undefined;
  readonly encoding?: TextEncoding | undefined;
  /** The line of the header, from 1, or `none` for a file without one, whose columns are then `column1`, `column2`, … */
  readonly headerLine?: number | 'none' | undefined;
}

/** How cells are read as values. What is absent is found from the whole column. */
export interface ValueOptions {
  /** The decimal sign; the other of the two then groups thousands. */
  readonly decimal?: '.' | ',' | undefined;
  /** The order of year, month and day in dates that are written in digits. */
  readonly dateOrder?: DateOrder | undefined;
  /** Texts that stand for a missing value, instead of the usual ones; an empty cell is always missing. */
  readonly nullMarkers?: readonly string[] | undefined;
}

export interface ImportReadOptions extends TextOptions, ValueOptions {}

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
