import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import { ledgerTables } from './ledger-tables.ts';

/**
 * Checks the file's pages and indices, that sequence numbers have no gap, that every record carries its commit's time,
 * and that each import's counts match its rows, including resolved rejects. It blocks the thread until it is done: do not
 * call it in a server.
 */
export const verifyLedger = (client: Database.Database): { problems: string[]; records: number } =>
  // One transaction, so that concurrent commits of other processes do not look like damage.
  client.transaction(() => problemsOf(client))();

const problemsOf = (client: Database.Database): { problems: string[]; records: number } => {
  const problems: string[] = [];
  const all = (sql: string) => client.prepare(sql).all() as Record<string, unknown>[];
  for (const { integrity_check: line } of all('pragma integrity_check'))
    if (line !== 'ok') problems.push(`file: ${line}`);

  const records = ledgerTables
    .map(
      (table) =>
        `select seq, recorded_at_us, import_id, '${getTableName(table)}' as name from "${getTableName(table)}"`,
    )
    .join(' union all ');
  const [ledger] = all(
    `select count(*) as n, count(distinct seq) as d, min(seq) as lo, max(seq) as hi from (${records})`,
  );
  const [commit] = all('select max(last_seq) as hi from commits');
  const last = Number(commit?.hi ?? 0);
  if (Number(ledger?.hi ?? 0) !== last)
    problems.push(`ledger: the newest record is ${ledger?.hi ?? 0}, the newest commit says ${last}`);
  if (Number(ledger?.n) !== last || Number(ledger?.d) !== last)
    problems.push(
      `ledger: ${ledger?.n} records (${ledger?.d} sequence numbers) where there should be ${last}: gaps or repeats`,
    );

  for (const row of all(
    `select last_seq, previous from (select last_seq, recorded_at_us, lag(recorded_at_us) over (order by last_seq) as previous
     from commits) where recorded_at_us < previous limit 10`,
  ))
    problems.push(`commits: the commit up to ${row.last_seq} is dated before the one that precedes it`);
  for (const row of all(
    `select name, seq from (${records}) as r where recorded_at_us is not
       (select c.recorded_at_us from commits c where c.last_seq >= r.seq order by c.last_seq limit 1) limit 10`,
  ))
    problems.push(`${row.name}: record ${row.seq} does not carry its commit's time`);

  for (const row of all(
    `select id, read, accepted + unchanged + conflicts + rejected as outcomes from imports where read <> outcomes limit 10`,
  ))
    problems.push(`imports: import ${row.id} read ${row.read} records and accounts for ${row.outcomes}`);
  const imported = ledgerTables.map((table) => `select import_id from "${getTableName(table)}"`).join(' union all ');
  for (const row of all(
    `select id, accepted, n from (select id, accepted, (select coalesce(sum(k), 0) from
       (select import_id, count(*) as k from (${imported}) group by import_id) as c where c.import_id = imports.id) as n
     from imports where target not in ('USER_FILES', 'DATASET')) where accepted <> n limit 10`,
  ))
    problems.push(`imports: import ${row.id} says it stored ${row.accepted} records, ${row.n} are there`);
  // Records staged by an interrupted synchronization do not count, and a file may be accepted without new content.
  for (const row of all(
    `select id, accepted, n from (select id, accepted, (select count(*) from user_files f where f.import_id = imports.id) as n
     from imports where target = 'USER_FILES') where accepted > n limit 10`,
  ))
    problems.push(`imports: import ${row.id} says it stored ${row.accepted} records, ${row.n} are there`);
  for (const row of all(
    `select i.id, i.rejected + i.conflicts as expected, count(r.id) as n from imports i
     left join rejected_records r on r.import_id = i.id and r.state <> 'RESOLVED' group by i.id having expected <> n limit 10`,
  ))
    problems.push(
      `imports: import ${row.id} says ${row.expected} records were not imported, ${row.n} rejected records are stored`,
    );
  for (const row of all(
    `select r.id, r.settled_seq from rejected_records r left join (${records}) l on l.seq = r.settled_seq
     where r.settled_seq is not null and (r.state <> 'RESOLVED' or l.seq is null or l.import_id is not r.import_id)
     limit 10`,
  ))
    problems.push(`rejected_records: ${row.id} says it became record ${row.settled_seq}, which is not so`);
  return { problems, records: last };
};
