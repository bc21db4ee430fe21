import { DomainError } from '../../src/errors.ts';
import { type Cell, decodeCell, formatScaled } from '../../src/lib/cell-text.ts';
import { type DatasetColumn, isNumeric } from '../../src/lib/cells.ts';
import { createPeriods, type Grain } from '../../src/lib/periods.ts';
import { dayUs, formatInstant } from '../../src/lib/time.ts';
import { formatDays } from '../../src/lib/written-dates.ts';
import type { GroupOfTable, TableGrouping } from './engine.ts';
import type { Ranked, StoredColumnValue, Table } from './table.ts';

/** A column as a dimension: the code of each row, 0 for a missing value, and the value of each code. */
export interface Dimension {
  readonly codes: Uint32Array;
  /** By code, ascending; the value of code 0 is null. */
  readonly values: readonly Cell[];
}

/** The dimensions to group by. Throws BAD_REQUEST for a grain or bin width that does not apply to the column. */
export const dimensionsOf = (table: Table, { by, timeZone }: GroupOfTable): Dimension[] =>
  by.map((grouping) =>
    table.cached(
      `dimension ${JSON.stringify([grouping, timeZone])}`,
      () => dimensionOf(table, grouping, timeZone),
      ({ codes, values }) => codes.byteLength + values.length * 60,
    ),
  );

/** A mask of the rows of one group; empty when the group does not exist. */
export const rowsOfGroup = (table: Table, group: GroupOfTable, key: readonly Cell[]): Uint8Array => {
  const mask = new Uint8Array(table.rows).fill(1);
  dimensionsOf(table, group).forEach(({ codes, values }, index) => {
    const keyJson = JSON.stringify(key[index] ?? null);
    const code = values.findIndex((value) => JSON.stringify(value) === keyJson);
    for (let row = 0; row < mask.length; row += 1) if (codes[row] !== code) mask[row] = 0;
  });
  return mask;
};

const dimensionOf = (table: Table, { column: index, grain, binWidth }: TableGrouping, timeZone: string): Dimension => {
  const column = table.column(index);
  const ranked = table.ranked(index);
  if (grain !== undefined && binWidth !== undefined)
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(column.name)} is grouped by grain or by binWidth, not by both`,
    );
  if (grain !== undefined) return roundDown(ranked, periodsOf(column, grain, timeZone));
  if (binWidth !== undefined) return roundDown(ranked, binsOf(column, binWidth));
  const values: Cell[] = [null];
  for (let rank = 0; rank < ranked.values.length; rank += 1)
    values.push(decodeCell(column, ranked.values[rank] as StoredColumnValue));
  return { codes: ranked.ranks, values };
};

/** How values are rounded down: `start` is the rounded value, `cell` its presentation. */
interface Rounding {
  start(value: StoredColumnValue): number | bigint;
  cell(start: number | bigint): Cell;
}

/** Rounding preserves the order of values, so the codes ascend as well. */
const roundDown = ({ ranks, values }: Ranked, { start, cell }: Rounding): Dimension => {
  const codeOfRank = new Uint32Array(values.length + 1);
  const cells: Cell[] = [null];
  let last: number | bigint | undefined;
  for (let rank = 0; rank < values.length; rank += 1) {
    const from = start(values[rank] as StoredColumnValue);
    if (from !== last) cells.push(cell(from));
    last = from;
    codeOfRank[rank + 1] = cells.length - 1;
  }
  return { codes: ranks.map((rank) => codeOfRank[rank] as number), values: cells };
};

const periodsOf = ({ name, type }: DatasetColumn, grain: Grain, timeZone: string): Rounding => {
  if (type === 'DATE') {
    if (grain === 'MINUTE' || grain === 'HOUR')
      throw new DomainError('BAD_REQUEST', `${JSON.stringify(name)} is DATE: its smallest grain is DAY`);
    // A date has no time zone; its periods follow the calendar.
    const periods = createPeriods(grain, 'UTC');
    return {
      start: (days) => periods.startOf((days as number) * dayUs) / dayUs,
      cell: (days) => formatDays(days as number),
    };
  }
  if (type !== 'DATE_TIME')
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(name)} is ${type}: grain applies to DATE and DATE_TIME only`,
    );
  const periods = createPeriods(grain, timeZone);
  return { start: (atUs) => periods.startOf(atUs as number), cell: (atUs) => formatInstant(atUs as number) };
};

const binsOf = (column: DatasetColumn, binWidth: number): Rounding => {
  const { name, type, scale } = column;
  if (!(binWidth > 0 && Number.isFinite(binWidth)))
    throw new DomainError('BAD_REQUEST', 'binWidth must be a number greater than 0');
  if (!isNumeric(column))
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(name)} is ${type}: binWidth applies to INTEGER, DECIMAL and FLOAT only`,
    );
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(String(binWidth)) ?? [];
  if (type === 'FLOAT' || whole === '')
    return {
      start: (value) => Math.floor(Number(value) / 10 ** scale / binWidth) * binWidth,
      cell: (start) => Number(start),
    };
  // Whole numbers of the finer of both scales keep every bound exact.
  const digitsAfterPoint = Math.max(scale, fraction.length);
  const width = BigInt(whole + fraction.padEnd(digitsAfterPoint, '0'));
  const more = 10n ** BigInt(digitsAfterPoint - scale);
  return {
    start(value) {
      const digits = BigInt(value) * more;
      const bin = digits / width - (digits % width < 0n ? 1n : 0n);
      return bin * width;
    },
    cell(start) {
      const text = formatScaled(start, digitsAfterPoint);
      return type === 'DECIMAL' ? text : Number(text);
    },
  };
};
