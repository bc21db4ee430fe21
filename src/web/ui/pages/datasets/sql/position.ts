export interface Position {
  /** The text of the line. */
  readonly line: string;
  /** From 1. */
  readonly column: number;
  /** In the whole text, from 0. */
  readonly offset: number;
}

/** The position that a message of the server names: `… (line 2, column 7)`; null where it names none. */
export const positionInText = (message: string, text: string): Position | null => {
  const [, line = '', column = '1'] = /\bline (\d+)(?:, column (\d+))?/.exec(message) ?? [];
  if (line === '') return null;
  const lines = text.split('\n');
  const found = lines[Number(line) - 1];
  if (found === undefined) return null;
  const before = lines.slice(0, Number(line) - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const at = Math.min(Math.max(1, Number(column)), found.length + 1);
  return { line: found, column: at, offset: before + at - 1 };
};
