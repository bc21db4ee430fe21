import type { SqlSource } from '../../../db/datasets/sql/engine.ts';
import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import { type DatasetVersion, sqlNamesOf } from '../datasets/columns.ts';
import type { Dataset, Datasets } from '../datasets/datasets.ts';
import type { FactTable } from './fact-tables.ts';

/** What a name in a query stands for. */
export type NamedTable = { readonly name: string } & (
  | { readonly table: FactTable }
  | { readonly version: DatasetVersion }
);

const namesShownMax = 20;
const datasetsMax = 10_000;
/** The suffixes that choose when a dataset has the name of facts. */
const [newest, facts] = ['latest', 'facts'];

/**
 * Finds the tables that a query names: facts, the newest version of a dataset (`games`, or `games@latest`), or another one
 * (`games@2`). Case counts only where it makes a difference. Throws BAD_REQUEST for a name that nothing or more than one has.
 */
export const resolveNames = (
  names: readonly string[],
  factTables: readonly FactTable[],
  datasets: Datasets,
): readonly NamedTable[] => {
  const resolver = new NameResolver(factTables, datasets);
  const found = new Map<string, NamedTable>();
  for (const name of names) {
    const table = resolver.resolve(name);
    const known = found.get(name.toLowerCase());
    if (known && !isSame(known, table))
      throw new DomainError(
        'BAD_REQUEST',
        `the tables ${preview(known.name)} and ${preview(name)} cannot be in one query: SQL ignores case`,
      );
    found.set(name.toLowerCase(), table);
  }
  return [...found.values()];
};

const isSame = (a: NamedTable, b: NamedTable): boolean =>
  'table' in a ? 'table' in b && a.table === b.table : 'version' in b && a.version.id === b.version.id;

class NameResolver {
  readonly #factTables: readonly FactTable[];
  readonly #datasets: Datasets;
  #all: readonly Dataset[] | undefined;

  constructor(factTables: readonly FactTable[], datasets: Datasets) {
    this.#factTables = factTables;
    this.#datasets = datasets;
  }

  resolve(name: string): NamedTable {
    const at = name.lastIndexOf('@');
    const suffix = at < 0 ? null : name.slice(at + 1);
    const base = at < 0 ? name : name.slice(0, at);
    const table = this.#factTables.find((each) => each.facts.name === base.toLowerCase());
    if (suffix === facts && table) return { name, table };
    const dataset = suffix === null || suffix === newest || /^\d{1,9}$/.test(suffix) ? this.#find(base) : undefined;
    if (suffix === null && table) {
      if (!dataset) return { name, table };
      const message = `${base} is the name of facts and of a dataset: write "${base}@${facts}" or "${base}@${newest}"`;
      throw new DomainError('BAD_REQUEST', message);
    }
    if (!dataset) throw this.#unknown(name);
    const version =
      suffix === null || suffix === newest
        ? this.#datasets.current(dataset)
        : this.#datasets.versionByNumber(dataset, Number(suffix));
    return { name, version };
  }

  #find(name: string): Dataset | undefined {
    const exact = this.#datasets.findByName(name);
    if (exact) return exact;
    const similar = this.#list().filter((dataset) => dataset.name.toLowerCase() === name.toLowerCase());
    if (similar.length <= 1) return similar[0];
    const choices = similar.map((dataset) => JSON.stringify(dataset.name)).join(' or ');
    throw new DomainError('BAD_REQUEST', `the table ${preview(name)} may be ${choices}: write it in the same case`);
  }

  #list(): readonly Dataset[] {
    const { rows } = this.#datasets.page({ limit: datasetsMax, fromEnd: false });
    this.#all ??= rows.filter((dataset) => this.#datasets.damages.of(dataset.id) === null);
    return this.#all;
  }

  #unknown(name: string): DomainError {
    const names = [
      ...this.#factTables.map((each) => each.facts.name),
      ...this.#list().map((dataset) => JSON.stringify(dataset.name)),
    ];
    const more = names.length > namesShownMax ? `, and ${names.length - namesShownMax} more` : '';
    const tables = `${names.slice(0, namesShownMax).join(', ')}${more}`;
    return new DomainError('BAD_REQUEST', `there is no table ${preview(name)}; the tables are ${tables}`);
  }
}

/** A version as a table. */
export const datasetSource = (name: string, version: DatasetVersion): SqlSource => {
  const names = sqlNamesOf(version);
  const columns = version.columns.map(({ field }, index) => ({ name: names[index] ?? field, field }));
  return { name, file: version.file, columns };
};
