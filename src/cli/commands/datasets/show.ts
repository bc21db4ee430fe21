import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import type { Dataset, Datasets } from '../../../domains/datasets/datasets.ts';
import { formatInstant } from '../../../lib/time.ts';
import type { Terminal } from '../../terminal.ts';
import { type Options, versionOf } from './options.ts';
import { tableLines } from './table.ts';

const pageSize = 1000;

const columnsOf = ({ columns }: DatasetVersion) =>
  columns.map(({ name, type, nulls, misfits }) => ({ name, type, nulls, misfits }));

interface ListedDataset {
  readonly name: string | null;
  readonly damage: string | null;
  /** Undefined where something is damaged. */
  readonly version?: DatasetVersion;
}

const listed = (datasets: Datasets, dataset: Dataset): ListedDataset => {
  const damage = datasets.damages.of(dataset.id);
  return damage
    ? { name: datasets.damages.soundNameOf(dataset), damage: damage.message }
    : { name: dataset.name, damage: null, version: datasets.current(dataset) };
};

/** Prints one line for each dataset, oldest first. */
export const list = async (datasets: Datasets, { json }: Options, terminal: Terminal): Promise<void> => {
  const found: ListedDataset[] = [];
  for (let after: number | undefined, hasMore = true; hasMore; ) {
    const page = datasets.page({ limit: pageSize, fromEnd: false, after });
    found.push(...page.rows.map((dataset) => listed(datasets, dataset)));
    after = page.rows.at(-1)?.id;
    hasMore = page.hasAfter;
  }
  if (json) {
    const values = found.map(({ name, damage, version }) =>
      version
        ? {
            name,
            version: version.number,
            rows: version.rowCount,
            updatedAt: formatInstant(version.createdAtUs),
            columns: columnsOf(version),
          }
        : { name, damage },
    );
    await terminal.print(JSON.stringify(values));
    return;
  }
  const rows = found.map(({ name, version }) => [
    name ?? '?',
    ...(version
      ? [...[version.number, version.rowCount, version.columns.length].map(String), formatInstant(version.createdAtUs)]
      : ['damaged', '', '', '']),
  ]);
  for (const { damage } of found) if (damage !== null) terminal.printError(`asof: ${damage}`);
  if (rows.length > 0) await terminal.print(...tableLines(['name', 'version', 'rows', 'columns', 'updated at'], rows));
};

/** Prints the columns of a version of a dataset, and all versions. */
export const show = async (
  datasets: Datasets,
  dataset: Dataset,
  options: Options,
  terminal: Terminal,
): Promise<void> => {
  const version = versionOf(datasets, dataset, options);
  const versions = datasets.versionsPage(dataset, { limit: pageSize, fromEnd: false }).rows;
  if (options.json) {
    const value = {
      name: dataset.name,
      version: version.number,
      rows: version.rowCount,
      updatedAt: formatInstant(version.createdAtUs),
      keyColumns: version.keyColumns,
      columns: columnsOf(version),
      versions: versions.map(({ number, rowCount, createdAtUs, importId }) => ({
        version: number,
        rows: rowCount,
        createdAt: formatInstant(createdAtUs),
        import: importId,
      })),
    };
    await terminal.print(JSON.stringify(value));
    return;
  }
  const columns = columnsOf(version).map(({ name, type, nulls, misfits }) => [
    JSON.stringify(name),
    type,
    String(nulls),
    String(misfits),
  ]);
  const lines = versions.map(({ number, rowCount, createdAtUs, importId }) => [
    ...[number, rowCount].map(String),
    formatInstant(createdAtUs),
    String(importId),
  ]);
  await terminal.print(
    `${dataset.name}, version ${version.number}: ${version.rowCount} rows, ${columns.length} columns`,
    '',
    ...tableLines(['column', 'type', 'nulls', 'misfits'], columns),
    '',
    ...tableLines(['version', 'rows', 'created at', 'import'], lines),
  );
};
