import { isNumeric } from '../../../src/lib/column.ts';
import { type DuckdbSession, identifier } from '../duckdb.ts';
import type { DifferenceResult } from '../engine.ts';
import { misfitField } from '../parquet-layout.ts';
import type { Source, SourceColumn } from './source.ts';

/**
 * The difference between two versions over the columns that both have. Rows are matched on the key columns if both versions
 * have all of them; otherwise by content, where a changed row counts as one removed and one added row. Equal rows may occur
 * several times.
 */
export const differenceBetween = async (
  session: DuckdbSession,
  [earlier, later]: readonly [Source, Source],
  keyColumns: readonly string[],
): Promise<DifferenceResult> => {
  const names = later.columns.map(({ name }) => name).filter((name) => indexIn(earlier, name) >= 0);
  const keys = keyColumns.map((name) => names.indexOf(name));
  const isKeyed = keys.length > 0 && !keys.includes(-1);
  const select = (source: Source, other: Source, sign: number): string => {
    const cells = names.map((name, at) => `${comparableCell(source, other, name)} as c${at}`);
    return `select ${[...cells, `${sign} as sign`].join(', ')} from ${source.from}`;
  };
  const columns = names.map((_name, at) => `c${at}`);
  const grouping = (list: readonly string[]): string => (list.length === 0 ? '' : `group by ${list.join(', ')}`);
  const keyList = isKeyed ? keys.map((at) => `c${at}`) : [];
  // By content: how many rows the later version has more. By key: the same of all contents of the key.
  const sql = `with every as (${select(earlier, later, -1)} union all ${select(later, earlier, 1)}),
    contents as (select ${[...columns, 'sum(sign)::BIGINT as more'].join(', ')} from every ${grouping(columns)}),
    keyed as (select sum(more) as more, sum(greatest(more, 0)) as gained, sum(greatest(-more, 0)) as lost
      from contents where more <> 0 ${grouping(keyList)})
    select coalesce(sum(${isKeyed ? 'greatest(more, 0)' : 'gained'}), 0),
      coalesce(sum(${isKeyed ? 'greatest(-more, 0)' : 'lost'}), 0),
      coalesce(sum(${isKeyed ? 'case when more > 0 then lost else gained end' : '0'}), 0) from keyed`;
  const [[added, removed, changed] = []] = await session.rows(sql);
  return { added: Number(added), removed: Number(removed), changed: Number(changed) };
};

const indexIn = (source: Source, name: string): number => source.columns.findIndex((column) => column.name === name);

/** A cell so that it is equal in both versions if it is written alike; values of the same type are compared as they are. */
const comparableCell = (source: Source, other: Source, name: string): string => {
  const index = indexIn(source, name);
  const [column, counterpart] = [source.column(index), other.column(indexIn(other, name))];
  const isAlike = column.type === counterpart.type && column.scale === counterpart.scale;
  if (isAlike && column.misfits === 0 && counterpart.misfits === 0) return identifier(column.field);
  const text = cellText(column, isNumeric(counterpart) && counterpart.type === 'FLOAT');
  return column.misfits === 0 ? text : `coalesce(${text}, ${identifier(misfitField(index))})`;
};

/** The text of a cell in the shortest notation, with numbers like those of a FLOAT where the other version has one. */
const cellText = ({ field, type, scale }: SourceColumn, isBesideFloat: boolean): string => {
  const sql = identifier(field);
  switch (type) {
    case 'STRING':
      return sql;
    case 'STRING_LIST':
      return `to_json(${sql})::VARCHAR`;
    case 'DATE_TIME':
      return `strftime(${sql}, '%Y-%m-%dT%H:%M:%S.%fZ')`;
    case 'INTEGER':
    case 'DECIMAL':
      if (isBesideFloat) return `${sql}::DOUBLE::VARCHAR`;
      return scale > 0 ? `rtrim(rtrim(${sql}::VARCHAR, '0'), '.')` : `${sql}::VARCHAR`;
    default:
      return `${sql}::VARCHAR`;
  }
};
