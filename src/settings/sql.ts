import type { SettingDefinitions } from './setting.ts';
import { bytes, integer } from './value-types.ts';

/** Queries in SQL. */
export const sqlSettings = {
  sqlMsMax: { type: integer(), default: '10000', description: 'Timeout of a SQL query, in milliseconds.' },
  sqlRowsMax: {
    type: integer(),
    default: '100000',
    description:
      'Maximum number of rows of the result of a SQL query; further rows are left out, and the result says so.',
  },
  sqlResultBytesMax: {
    type: bytes,
    default: '64MB',
    description: 'Maximum size of the result of a SQL query.',
  },
  sqlMemoryBytesMax: {
    type: bytes,
    default: '512MB',
    description:
      'Maximum memory of all SQL queries together, including their copy of the facts; beyond it they use temporary files. The process that runs them needs up to 300 MB more; beyond both it ends, and its queries fail.',
  },
  sqlTempBytesMax: { type: bytes, default: '4GB', description: 'Maximum size of these temporary files.' },
  sqlLengthMax: {
    type: integer(),
    default: '100000',
    description: 'Maximum length of the text of a SQL query, in characters.',
  },
  sqlQueriesAtOnce: {
    type: integer(),
    default: '2',
    description: 'Number of SQL queries that run at the same time; further ones wait.',
  },
  sqlNiceness: {
    type: integer({ min: 0, max: 19 }),
    default: '10',
    description:
      'By how much the process that runs SQL queries gives way to the server when there are not enough processors for both: from 0, not at all, to 19.',
  },
} satisfies SettingDefinitions;
