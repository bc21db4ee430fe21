import { identifier, literal } from '../duckdb.ts';
import type { FactView, FileView, View } from './messages.ts';
import { isStateColumn, labelTable, qualified, rowColumn } from './tables.ts';

/**
 * The statement that makes the view of a table. Views are temporary: each connection has its own. Columns of a state cost a
 * join, so those that the query does not use are left out; `used` is null when it may use any.
 */
export const createView = (view: View, used: ReadonlySet<string> | null): string => {
  const query = 'path' in view ? fileQuery(view) : factQuery(view, used);
  return `create temp view ${identifier(view.name)} as ${query}`;
};

const fileQuery = ({ path, columns }: FileView): string => {
  const list = columns.map(({ name, field }) => `${identifier(field)} as ${identifier(name)}`);
  return `select ${list.join(', ')} from read_parquet(${literal(path)})`;
};

const factQuery = (view: FactView, used: ReadonlySet<string> | null): string => {
  const { table, sequence, stateTable, stateColumns, filter, superseded } = view;
  const isUsed = (name: string): boolean => used === null || used.has(name.toLowerCase());
  const isDerived = (name: string): boolean => isStateColumn(stateColumns, name) || name === superseded?.name;
  const visible = view.visible.filter((name) => !isDerived(name) || isUsed(name));
  const joined = stateColumns.filter(({ name }) => name === filter || visible.includes(name));
  const labelOf = (name: string): string => `${identifier(`label of ${name}`)}.label`;
  const list = visible.map((name) => {
    if (superseded?.name === name) return `${supersededBy(superseded.key)} as ${identifier(name)}`;
    return isStateColumn(stateColumns, name) ? `${labelOf(name)} as ${identifier(name)}` : `stored.${identifier(name)}`;
  });
  const joins = joined.map(({ name }) => {
    const alias = identifier(`label of ${name}`);
    return `join ${qualified(labelTable(stateTable, name))} ${alias} on ${alias}.${rowColumn} = state.${identifier(name)}`;
  });
  const from = [
    `${qualified(table)} stored`,
    ...(joined.length > 0 ? [`join ${qualified(stateTable)} state on state.${rowColumn} = stored.${rowColumn}`] : []),
    ...joins,
  ];
  const conditions = [
    ...(sequence === null ? [] : [`stored.seq <= ${sequence}`]),
    ...(filter ? [labelOf(filter)] : []),
  ];
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return `select ${list.join(', ')} from ${from.join(' ')}${where}`;
};

const supersededBy = (key: readonly string[]): string => {
  const columns = key.map((name) => `stored.${identifier(name)}`).join(', ');
  return `lead(stored.seq) over (partition by ${columns} order by stored.seq) is not null`;
};
