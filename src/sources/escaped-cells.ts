import type { CsvSyntax } from './csv-row.ts';
import { afterLineEnd, type TextMarks } from './text-marks.ts';

/**
 * Where a cell without quotes ends in which backslashes make delimiters and line ends a part of it, and how many line ends it
 * holds; null when its end is not read yet.
 */
export const endOfEscaped = (
  text: string,
  from: number,
  marks: TextMarks,
  isFinal: boolean,
): { readonly end: number | null; readonly breaks: number } => {
  let breaks = 0;
  for (let at = from; ; ) {
    const backslash = marks.backslash(at);
    const end = Math.min(marks.delimiter(at), marks.lineEnd(at));
    if (backslash >= end) return { end, breaks };
    const isBreak = text[backslash + 1] === '\n' || text[backslash + 1] === '\r';
    at = isBreak ? afterLineEnd(text, backslash + 1, isFinal) : Math.min(backslash + 2, text.length);
    if (at < 0) return { end: null, breaks };
    if (isBreak) breaks += 1;
  }
};

/** The text of a cell without quotes and without the backslashes before what would end it, quotes and backslashes. */
export const unescapeUnquoted = (text: string, { cellDelimiter }: Pick<CsvSyntax, 'cellDelimiter'>): string =>
  text.replace(/\\(\r{0,2}\n|[\s\S])/g, (all: string, escaped: string) =>
    escaped === cellDelimiter || /^["'\\\r\n]/.test(escaped) ? escaped : all,
  );
