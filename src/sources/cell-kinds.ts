/** What a cell looks like; only for judging dialects and headers, not for values. */
export type CellKind = 'EMPTY' | 'NUMBER' | 'DATE' | 'TIME' | 'BOOLEAN' | 'ID' | 'ADDRESS' | 'TEXT';

const patterns: readonly (readonly [CellKind, RegExp])[] = [
  ['ADDRESS', /^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?$/],
  ['NUMBER', /^[+-]?(?:[$€£¥]\s?)?(?:\d+(?:[., ']\d{3})*(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?\s?(?:%|[$€£¥])?$/i],
  ['NUMBER', /^(?:[+-]?(?:nan|inf(?:inity)?)|\((?:[$€£¥]\s?)?\d[\d.,]*\))$/i],
  [
    'DATE',
    /^\d{4}([-/.])\d{1,2}\1\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/,
  ],
  ['DATE', /^\d{1,2}([-/.])\d{1,2}\1\d{2,4}(?:,? \d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]m)?)?$/i],
  ['DATE', /^\d{1,2}[- ][a-z]{3,9}[- ]\d{2,4}$/i],
  ['TIME', /^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]m)?$/i],
  ['BOOLEAN', /^(?:true|false|yes|no)$/i],
  ['ID', /^\{?[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\}?$/i],
  ['ADDRESS', /^(?:[^\s@,;|]+@[^\s@,;|]+\.[a-z]{2,}|https?:\/\/\S+)$/i],
];

const missing = /^(?:|na|n\/a|null|none|\\n|-|nil)$/i;

export const cellKind = (cell: string): CellKind => {
  const text = cell.trim();
  if (missing.test(text)) return 'EMPTY';
  if (text.length > 40) return 'TEXT';
  return patterns.find(([, pattern]) => pattern.test(text))?.[0] ?? 'TEXT';
};

/** The kind of almost all cells of a column that are not missing; TEXT when they differ, EMPTY when there are none. */
export const columnKind = (cells: readonly string[]): CellKind => {
  const counts = new Map<CellKind, number>();
  for (const cell of cells) {
    const kind = cellKind(cell);
    if (kind !== 'EMPTY') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [kind, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['EMPTY', 0];
  return total > 0 && count < total * 0.8 ? 'TEXT' : kind;
};
