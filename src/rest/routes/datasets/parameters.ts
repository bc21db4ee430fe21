import { isTimeZone } from '../../../lib/periods.ts';
import { parameter } from '../../parameters.ts';

/** Reads the number of a version: consecutive in its dataset, from 1. */
export const versionNumber = parameter('_version', (fields) => fields.integer('_version', 1), {
  description:
    'The number of a version, as `GET /datasets/{name}/versions` lists them; by default the current version. `version` means the same where no column has this name.',
  example: '1',
}).optional();

/** An empty text is as good as none. */
const text = (name: string, description: string, example: string) =>
  parameter(name, (fields) => fields.optional(name, fields.text) ?? undefined, { description, example }).optional();

export const columns = text(
  '_columns',
  'Names of columns, separated by commas, or a JSON array where names contain commas.',
  'Name,Price',
);

export const sort = text(
  '_sort',
  'A column; `-` before it sorts in descending order, commas separate several. Cells without a value come last.',
  '-Price,Name',
);

/** The sort order of groups, whose columns are their keys and measures. */
export const groupSort = text(
  '_sort',
  'A key or a measure of the groups; `-` before it sorts in descending order, commas separate several.',
  '-total',
);

export const search = text('_search', 'A text that occurs in any text column, ignoring case.', 'bowling');

export const where = text(
  '_where',
  'A condition as JSON, in the form of `RowFilter` in GraphQL: conditions joined by `and`, `or` and `not`. Rows must pass it besides the other parameters.',
  '{"not":{"column":{"name":"Price","test":{"eq":0}}}}',
);

export const first = parameter('_first', (fields) => fields.integer('_first', 1), {
  description: 'Maximum number of elements, at most the setting pageSizeMax (1000).',
  example: '50',
}).optional();

export const after = text('_after', 'The cursor in the `next` URL of a page.', 'MS5CYUFhMV9fLjQ5');
export const before = text('_before', 'The cursor in the `previous` URL of a page.', 'MS5CYUFhMV9fLjUw');

export const groupBy = text(
  '_group_by',
  'The columns to group by, separated by commas, or a JSON array: `Developer`, or rounded down such as `Released:year` (minute, hour, day, week, month, quarter, year) and `Price:10` (width of a bin). Without it all rows form one group.',
  'Release date:year',
);

export const measures = text(
  '_measures',
  'The measures of each group, separated by commas, or a JSON array: `count`, or a function and a column such as `sum:Price` (count, count_distinct, sum, average, min, max, median, p95, standard_deviation). `total=sum:Price` names one; by default it is named like `sum_Price`. Default: `count`.',
  'count,total=sum:Price',
);

export const timeZone = parameter(
  '_time_zone',
  (fields) => {
    const name = fields.text('_time_zone');
    if (!isTimeZone(name)) fields.refuse('_time_zone', 'MALFORMED', '_time_zone must be like Europe/Berlin');
    return name;
  },
  { description: 'The time zone of the periods of instants; UTC by default.', example: 'Europe/Berlin' },
).optional();

export const format = parameter(
  '_format',
  (fields) => fields.oneOf('_format', { csv: 'csv', ndjson: 'ndjson', parquet: 'parquet' } as const),
  {
    description:
      'The format of the file; by default the one that the header `Accept` names, or else `csv`. `format` means the same where no column has this name.',
    example: 'csv',
  },
).optional();

export const safe = parameter('_safe', (fields) => fields.oneOf('_safe', { '1': true, '0': false } as const), {
  description:
    '`1` puts an apostrophe before cells of a CSV that a spreadsheet would interpret as a formula. `safe` means the same where no column has this name.',
  example: '1',
}).optional();
