import type { CommentMark, SampleRow, TextSpan } from './csv-row.ts';

const commentMarks = ['#', '//'] as const satisfies readonly CommentMark[];

const isMarked = ({ raw }: SampleRow, mark: CommentMark): boolean => {
  const first = raw.charCodeAt(0);
  // Nearly all lines begin with a letter or a digit, and each is looked at in every dialect that may be meant.
  return first > 47 && first < 128 ? false : raw.trimStart().startsWith(mark);
};

/** Whether a line begins like a comment. */
export const looksLikeComment = (row: SampleRow): boolean => commentMarks.some((mark) => isMarked(row, mark));

const isBlankAt = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t';

/** Whether a line is a comment: one with several cells, which may be a row, only when a blank follows its mark. */
export const isCommentLine = ({ text, start, end }: TextSpan, mark: CommentMark, hasCells: boolean): boolean => {
  let at = start;
  while (at < end && isBlankAt(text, at)) at += 1;
  return text.startsWith(mark, at) && (!hasCells || isBlankAt(text, at + mark.length));
};

const isComment = ({ raw, cells }: SampleRow, mark: CommentMark): boolean =>
  isCommentLine({ text: raw, start: 0, end: raw.length }, mark, cells.length > 1);

/**
 * The mark of the comments of a file: comments with the mark come before the table, or several of them, or one with a blank
 * after its mark, stand among its rows and none of them has as many cells as a row. Null when there are none; `columns` is how
 * many cells the other rows have.
 */
export const commentMark = (rows: readonly SampleRow[], columns: number): CommentMark | null => {
  if (columns < 2) return null;
  const found = commentMarks.find((mark) => {
    const marked = rows.filter((row) => isMarked(row, mark));
    if (marked.length === 0 || marked.length === rows.length) return false;
    const comments = marked.filter((row) => isComment(row, mark));
    if (isMarked(rows[0] as SampleRow, mark)) return comments.length > 0;
    const isTold = comments.length > 1 || comments.some(({ raw }) => isBlankAt(raw.trimStart(), mark.length));
    return isTold && marked.every((row) => isComment(row, mark) && row.cells.length !== columns);
  });
  return found ?? null;
};

/** The rows of a table without the comments among them; those before it stay, because the last may name its columns. */
export const withoutComments = (rows: readonly SampleRow[], mark: CommentMark | null): readonly SampleRow[] => {
  if (mark === null) return rows;
  const first = rows.findIndex((row) => !isMarked(row, mark));
  return rows.filter((row, index) => index < first || !isComment(row, mark));
};
