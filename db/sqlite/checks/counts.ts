import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { Damage } from '../../store.ts';
import { archivedTableOf } from '../archive/tables.ts';
import { ledgerTables } from '../rows/ledger-tables.ts';

type Found = Record<string, unknown>;

/** SQL: up to which sequence number records are in segments. */
export const archivedSeq = '(select coalesce(max(last_seq), 0) from ledger_segments)';

/** All records that are not in segments, the erased ones included: those count as what they were. */
const recordsOf = (): string =>
  [
    ...ledgerTables.map((table) => {
      const name = getTableName(table);
      const condition = archivedTableOf(table) ? ` where seq > ${archivedSeq}` : '';
      return `select seq, recorded_at_us, import_id, '${name}' as name from "${name}"${condition}`;
    }),
    'select id as seq, recorded_at_us, import_id, table_name as name from erased_records where left_digest is null',
  ].join(' union all ');

/** The number of records of each import that are in segments. */
export const archivedCounts =
  "select json_extract(c.value, '$[0]') as import_id, json_extract(c.value, '$[1]') as k from ledger_segments, json_each(import_counts) c";

const faultsMax = 10;

/** Each finds rows that say something else than the ledger, and says what of a row. */
const rules: readonly { readonly table: string; sql(): string; message(row: Found): string }[] = [
  {
    table: 'commits',
    sql: () =>
      `select last_seq from (select last_seq, recorded_at_us, lag(recorded_at_us) over (order by last_seq) as previous
       from commits) where recorded_at_us < previous`,
    message: (row) => `commits: the commit up to ${row.last_seq} is dated before the one that precedes it`,
  },
  {
    table: 'commits',
    sql: () =>
      `select name, seq from (${recordsOf()}) as r where recorded_at_us is not
       (select c.recorded_at_us from commits c where c.last_seq >= r.seq order by c.last_seq limit 1)`,
    message: (row) => `${row.name}: record ${row.seq} does not carry its commit's time`,
  },
  {
    table: 'imports',
    sql: () =>
      'select id, read, accepted + unchanged + conflicts + rejected as outcomes from imports where read <> outcomes',
    message: (row) => `imports: import ${row.id} read ${row.read} records and accounts for ${row.outcomes}`,
  },
  {
    // The staged ranges of a table that was never published do not count.
    table: 'imports',
    sql: () =>
      `select id, accepted, n from (select id, accepted, (select coalesce(sum(k), 0) from
       (select import_id, count(*) as k from (${recordsOf()}) group by import_id union all ${archivedCounts}) as c where c.import_id = imports.id) as n
       from imports where target not in ('USER_FILES', 'DATASET')
       and not (target = 'IP_RANGES' and state in ('FAILED', 'CANCELLED'))) where accepted <> n`,
    message: (row) => `imports: import ${row.id} says it stored ${row.accepted} records, ${row.n} are there`,
  },
  {
    // Records staged by an interrupted synchronization do not count, and a file may be accepted without new content.
    table: 'imports',
    sql: () =>
      `select id, accepted, n from (select id, accepted, (select count(*) from user_files f where f.import_id = imports.id)
       + (select count(*) from erased_records e where e.import_id = imports.id and e.table_name = 'user_files') as n
       from imports where target = 'USER_FILES') where accepted > n`,
    message: (row) => `imports: import ${row.id} says it stored ${row.accepted} records, ${row.n} are there`,
  },
  {
    table: 'rejected_records',
    sql: () =>
      `select i.id, i.rejected + i.conflicts as expected, count(r.id) as n from imports i
       left join rejected_records r on r.import_id = i.id and r.state <> 'RESOLVED' group by i.id having expected <> n`,
    message: (row) =>
      `imports: import ${row.id} says ${row.expected} records were not imported, ${row.n} rejected records are stored`,
  },
  {
    // What segments hold is compared with its digests.
    table: 'rejected_records',
    sql: () =>
      `select r.id, r.settled_seq from rejected_records r left join (${recordsOf()}) l on l.seq = r.settled_seq
       where r.settled_seq > ${archivedSeq} and (r.state <> 'RESOLVED' or l.seq is null or l.import_id is not r.import_id)`,
    message: (row) => `rejected_records: ${row.id} says it became record ${row.settled_seq}, which is not so`,
  },
];

/** Checks that times, counts of imports and resolved rejects agree with the records. */
export function* wrongCounts(client: Database.Database): Generator<Damage> {
  for (const { table, sql, message } of rules)
    for (const row of client.prepare<[], Found>(`${sql()} limit ${faultsMax}`).all())
      yield { table, message: message(row) };
}
