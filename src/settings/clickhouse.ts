import type { SettingDefinitions } from './setting.ts';
import { integer, text, webUrl } from './value-types.ts';

/** Facts in ClickHouse instead of the memory of the server. */
export const clickhouseSettings = {
  clickhouse: {
    type: webUrl,
    default: '',
    description:
      'URL of the HTTP interface of ClickHouse, such as `http://127.0.0.1:8123`: aggregates and lists of facts are then answered there; empty answers them from memory.',
    variable: 'ASOF_CLICKHOUSE_URL',
  },
  clickhouseUser: { type: text, default: 'default', description: 'User name at ClickHouse.' },
  clickhousePassword: {
    type: text,
    default: '',
    description:
      'Password at ClickHouse. Prefer the environment variable: other programs can see the options of a process.',
    isSecret: true,
  },
  clickhouseDatabase: {
    type: text,
    default: 'asof',
    description:
      'Database at ClickHouse, created when it is missing. It belongs to one ledger: a database of another one, or with tables of something else, is refused.',
  },
  clickhouseCluster: {
    type: text,
    default: '',
    description:
      'Cluster in the configuration of ClickHouse (`remote_servers`) whose shards have the tables, divided by user and replicated; empty for one server.',
  },
  clickhouseBlockRecords: {
    type: integer(),
    default: '50000',
    description: 'Number of records after which a block that is copied to ClickHouse ends.',
  },
  clickhouseEnrichMs: {
    type: integer({ min: 0 }),
    default: '1000',
    description:
      'Least time between two steps of stored enrichment in ClickHouse, in milliseconds: records that came since the last one are joined by each question.',
  },
  clickhouseWaitMs: {
    type: integer({ min: 0 }),
    default: '5000',
    description:
      'How long a question about facts waits until everything that was recorded before it is in ClickHouse, in milliseconds; then it is refused with FACTS_UNAVAILABLE.',
  },
  clickhouseMsMax: {
    type: integer(),
    default: '30000',
    description: 'Timeout of a statement at ClickHouse, in milliseconds.',
  },
} satisfies SettingDefinitions;
