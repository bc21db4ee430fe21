import type { Dataset } from '../../../domains/datasets/datasets.ts';
import { groupsOf, splitTest } from '../../../domains/datasets/query-text.ts';
import { groupWriter, jsonRows, textRows } from '../../../domains/datasets/row-text.ts';
import type { Domains } from '../../../domains.ts';
import { formatCell } from '../../../lib/cell-text.ts';
import { Work } from '../../../lib/work.ts';
import type { Terminal } from '../../terminal.ts';
import { reportExcluded } from './excluded.ts';
import { columnsOfOption, conditionsOf, type Options, orderOfOption, versionOf } from './options.ts';
import { tableLines } from './table.ts';

const firstDefault = 20;

/** Prints rows, or groups where the options name a column to group by or a measure. */
export const query = (domains: Domains, dataset: Dataset, options: Options, terminal: Terminal): Promise<void> =>
  options.groupBy || options.measure
    ? queryGroups(domains, dataset, options, terminal)
    : queryRows(domains, dataset, options, terminal);

const queryRows = async (
  { datasets }: Domains,
  dataset: Dataset,
  options: Options,
  terminal: Terminal,
): Promise<void> => {
  const version = versionOf(datasets, dataset, options);
  const indexes = columnsOfOption(version, options);
  const request = {
    ...conditionsOf(version, options),
    orderBy: orderOfOption(version, options),
    limit: options.first ?? firstDefault,
    fromEnd: false,
  };
  const { rows, total, excludedCount } = await datasets.rows(dataset, request, new Work());
  if (options.json) {
    const lines = rows.map(jsonRows(version, indexes).line).join(',');
    await terminal.print(`{"rows":[${lines}],"total":${total},"excluded_count":${excludedCount}}`);
    return;
  }
  const headers = indexes.map((index) => version.columns[index]?.name ?? '');
  await terminal.print(...tableLines(headers, rows.map(textRows(version, indexes))));
  reportRest(terminal, rows.length, total, 'rows');
  reportExcluded(terminal, excludedCount);
};

const queryGroups = async (
  { datasets, datasetGroups }: Domains,
  dataset: Dataset,
  options: Options,
  terminal: Terminal,
): Promise<void> => {
  const { groupBy, measure, having = [], sort, timeZone = 'UTC', first = firstDefault } = options;
  const version = versionOf(datasets, dataset, options);
  const request = groupsOf(version, {
    groupBy: groupBy && { path: '--group-by', text: groupBy },
    measures: measure && { path: '--measure', text: measure },
    orderBy: sort === undefined ? undefined : { path: '--sort', text: sort },
    having: having.map((text) => splitTest(version, text, '--having')),
  });
  const conditions = { ...request, ...conditionsOf(version, options), timeZone, limit: first };
  const page = await datasetGroups.groups(dataset, conditions, new Work());
  const { groups, total, excludedCount } = page;
  if (options.json) {
    const lines = groups.map(groupWriter(version, request)).join(',');
    await terminal.print(`{"groups":[${lines}],"total":${total},"excluded_count":${excludedCount}}`);
    return;
  }
  const rows = groups.map(({ key, measures }) => [...key, ...measures].map(formatCell));
  await terminal.print(...tableLines(request.names, rows));
  reportRest(terminal, groups.length, total, 'groups');
  reportExcluded(terminal, excludedCount);
};

const reportRest = (terminal: Terminal, printed: number, total: number, what: string): void => {
  if (printed < total) terminal.printError(`asof: the first ${printed} of ${total} ${what}; --first N prints more`);
};
