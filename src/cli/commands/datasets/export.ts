import type { Dataset } from '../../../domains/datasets/datasets.ts';
import { exportPages, exportParquet } from '../../../domains/datasets/export.ts';
import { csvRows, jsonRows } from '../../../domains/datasets/row-text.ts';
import type { Domains } from '../../../domains.ts';
import { Work } from '../../../lib/work.ts';
import { CommandError, exitUsageError } from '../../exit.ts';
import { replaceFile } from '../../output-file.ts';
import type { Terminal } from '../../terminal.ts';
import { reportExcluded } from './excluded.ts';
import { columnsOfOption, conditionsOf, type Options, orderOfOption, versionOf } from './options.ts';

type Format = NonNullable<Options['format']>;

/** The format that the name of a file shows. */
const formatsByEnding: readonly (readonly [RegExp, Format])[] = [
  [/\.csv$/i, 'csv'],
  [/\.(?:ndjson|jsonl)$/i, 'ndjson'],
  [/\.parquet$/i, 'parquet'],
];

/** Throws CommandError for a file whose name shows no format. */
export const formatOf = (path: string, { format, safe }: Options): Format => {
  const found = format ?? (path === '-' ? 'csv' : formatsByEnding.find(([ending]) => ending.test(path))?.[1]);
  if (!found)
    throw new CommandError(
      exitUsageError,
      `the name ${JSON.stringify(path)} does not end in .csv, .ndjson, .jsonl or .parquet; --format selects the format`,
    );
  if (path === '-' && found === 'parquet')
    throw new CommandError(exitUsageError, 'Parquet is written to a file, not to stdout');
  if (safe && found !== 'csv') throw new CommandError(exitUsageError, `--safe applies to CSV only, not to ${found}`);
  return found;
};

/** Writes all rows that the options select to a file, or to stdout for `-`. */
export const exportRows = async (
  { datasets }: Domains,
  dataset: Dataset,
  path: string,
  { options, terminal }: { readonly options: Options; readonly terminal: Terminal },
): Promise<void> => {
  const version = versionOf(datasets, dataset, options);
  const indexes = columnsOfOption(version, options);
  const rows = { ...conditionsOf(version, options), orderBy: orderOfOption(version, options) };
  const work = new Work();
  const csv = { ...csvRows(version, indexes, options.safe === true), end: '\r\n', work };
  const parts = {
    csv: () => exportPages(datasets, dataset, rows, csv),
    ndjson: () => exportPages(datasets, dataset, rows, { ...jsonRows(version, indexes), end: '\n', work }),
    parquet: () => exportParquet(datasets, dataset, rows, { columns: indexes, work }),
  }[formatOf(path, options)]();
  let excluded = 0;
  if (path === '-') {
    for await (const { content, excludedCount } of parts) {
      if (!terminal.isOutputOpen) break;
      await terminal.write(String(content));
      excluded = excludedCount;
    }
  } else
    await replaceFile(path, async (writePart) => {
      for await (const { content, excludedCount } of parts) {
        await writePart(content);
        excluded = excludedCount;
      }
    });
  reportExcluded(terminal, excluded);
};
