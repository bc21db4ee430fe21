import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import { DomainError } from '../../src/errors.ts';
import type { CutResult } from '../store.ts';
import { archivedTableOf } from './archive/tables.ts';
import { archivedCounts, archivedSeq } from './checks/counts.ts';
import { sealAnew } from './digests/seal.ts';
import { ledgerTables } from './rows/ledger-tables.ts';
import { originOf } from './rows/origin.ts';
import { archivedCommitEnd } from './rows/segment-catalogue.ts';

/** Where a ledger is cut: what was recorded later goes. */
interface Cut {
  readonly sequence: number;
  /** The time of the last record that stays, microseconds; before the first one of an empty ledger. */
  readonly recordedAtUs: number;
  /** Rows of side tables stay up to here: they follow the last record and come before the next commit. */
  readonly untilUs: number;
  readonly isWithinCommit: boolean;
}

/**
 * Removes what was recorded after a sequence number, in one transaction. Nobody else may use the file. Tables outside of the
 * ledger keep no history: their rows go back as far as their times say. Keys, alert rules and messages stay as they are,
 * because a key that was revoked must not return, nor a message that was delivered. Throws BAD_REQUEST beyond the end.
 */
export const cutLedger = (client: Database.Database, sequence: number): CutResult => {
  const result = client
    .transaction(() => {
      const cut = cutAt(client, sequence);
      if (cut === null) return null;
      const applied = applyCut(client, cut);
      sealAnew(client);
      return applied;
    })
    .immediate();
  if (result === null)
    return { removedRecords: 0, isWithinCommit: false, endedImports: [], lostDatasets: [], files: [] };
  // So that nothing of what was removed remains in the pages of the file.
  client.exec('vacuum');
  return result;
};

/** Null when there is nothing after the sequence number. */
const cutAt = (client: Database.Database, sequence: number): Cut | null => {
  const last = Number(client.prepare('select coalesce(max(last_seq), 0) from commits').pluck().get());
  if (sequence > last)
    throw new DomainError('BAD_REQUEST', `the ledger ends at sequence number ${last}, before ${sequence}`);
  const origin = originOf(client);
  if (sequence < origin)
    throw new DomainError('BAD_REQUEST', `the ledger begins after sequence number ${origin}, later than ${sequence}`);
  if (sequence === last) return null;
  const archivedEnd = archivedCommitEnd(client);
  if (sequence < archivedEnd)
    throw new DomainError(
      'BAD_REQUEST',
      `records up to sequence number ${archivedEnd} are archived, which is later than ${sequence}: questions as of ${sequence} need no restore`,
    );
  const commit = client.prepare(
    'select last_seq as lastSeq, recorded_at_us as atUs from commits where last_seq >= ? order by last_seq limit 1',
  );
  const next = commit.get(sequence + 1) as { lastSeq: number; atUs: number };
  const own = commit.get(sequence) as { lastSeq: number; atUs: number };
  const recordedAtUs = sequence === 0 ? next.atUs - 1 : own.atUs;
  return {
    ...{ sequence, recordedAtUs, untilUs: Math.max(recordedAtUs, next.atUs - 1) },
    isWithinCommit: sequence > origin && own.lastSeq !== sequence,
  };
};

const applyCut = (client: Database.Database, cut: Cut): CutResult => {
  const run = (sql: string): number => client.prepare(sql).run(cut).changes;
  createCutImports(client, cut);
  let removedRecords = 0;
  for (const table of ledgerTables) removedRecords += run(`delete from "${getTableName(table)}" where seq > @sequence`);
  run('delete from erased_records where id > @sequence');
  run('delete from commits where last_seq > @sequence');
  if (cut.isWithinCommit) run('insert into commits (last_seq, recorded_at_us) values (@sequence, @recordedAtUs)');
  cutRejects(client, cut);
  const endedImports = cutImports(client, cut);
  const { files, lostDatasets } = cutDatasets(client, cut);
  run('delete from experiment_repeats where recorded_at_us > @untilUs');
  // A batch that is sent again with its key must be stored again.
  run(`delete from idempotency_keys where stored_at_us > @untilUs or exists (
    select 1 from json_each(outcomes) as outcome where json_extract(outcome.value, '$[0]') = 'CREATED'
    and json_extract(outcome.value, '$[1]') + json_extract(outcome.value, '$[2]') - 1 > @sequence)`);
  run('delete from alert_deliveries where change_seq > @sequence or (change_seq is null and created_at_us > @untilUs)');
  client.exec('drop table cut_imports');
  return { removedRecords, isWithinCommit: cut.isWithinCommit, endedImports, lostDatasets, files };
};

/**
 * What the cut means for each import, while its later records are still there. Records that were stored after its end come
 * from corrected rejects.
 */
const createCutImports = (client: Database.Database, cut: Cut): void => {
  const recordsOf = [
    ...ledgerTables.map((table) => {
      const condition = archivedTableOf(table) ? ` where seq > ${archivedSeq}` : '';
      return `select import_id, seq, recorded_at_us from "${getTableName(table)}"${condition}`;
    }),
    'select import_id, id, recorded_at_us from erased_records where left_digest is null',
  ]
    .map((records) => `select * from (${records}) where import_id is not null`)
    .join(' union all ');
  client.exec(`create temporary table cut_imports (
    id integer primary key, kept integer not null, is_later integer not null, is_ended integer not null, is_split integer not null)`);
  client
    .prepare(
      `insert into cut_imports select i.id, coalesce(r.kept, 0) + coalesce(a.kept, 0),
         i.started_at_us > @untilUs and coalesce(r.kept, 0) + coalesce(a.kept, 0) = 0,
         coalesce(i.finished_at_us <= @untilUs, 0) and coalesce(r.cut, 0) = 0,
         coalesce(r.split, 0)
       from imports i left join (
         select import_id, sum(seq <= @sequence) as kept,
           max(seq > @sequence and recorded_at_us <= coalesce(j.finished_at_us, recorded_at_us)) as cut,
           max(seq > @sequence and recorded_at_us = @recordedAtUs) as split
         from (${recordsOf}) join imports j on j.id = import_id group by import_id) r on r.import_id = i.id
       left join (select import_id, sum(k) as kept from (${archivedCounts}) group by import_id) a on a.import_id = i.id`,
    )
    .run(cut);
};

/** Opens rejects that were settled later, and removes those that were received later. */
const cutRejects = (client: Database.Database, cut: Cut): void => {
  const run = (sql: string): void => void client.prepare(sql).run(cut);
  const isLater = '(settled_at_us > @untilUs or settled_seq > @sequence)';
  // Of an import that has ended, a record that was stored already when its reject was resolved counts as unchanged.
  for (const [condition, count] of [
    ['settled_seq is null', 'unchanged'],
    ['settled_seq is not null', 'accepted'],
  ])
    run(`update imports set ${count} = ${count} - (select count(*) from rejected_records r where r.import_id = imports.id
      and r.state = 'RESOLVED' and ${condition} and ${isLater})`);
  run(`update rejected_records set state = 'OPEN', settled_at_us = null, settlement = null, settled_seq = null
    where state <> 'OPEN' and ${isLater}`);
  run(`delete from rejected_records where received_at_us > @untilUs
    or import_id in (select id from cut_imports where is_later)`);
  client.exec(`
    delete from reject_groups where not exists (select 1 from rejected_records r where r.group_id = reject_groups.id);
    update reject_groups set (open, resolved, discarded, is_open, newest_id) = (
      select coalesce(sum(state = 'OPEN'), 0), coalesce(sum(state = 'RESOLVED'), 0), coalesce(sum(state = 'DISCARDED'), 0),
        coalesce(max(state = 'OPEN'), 0), coalesce(max(case when state = 'OPEN' then id end), max(id))
      from rejected_records r where r.group_id = reject_groups.id);
    update reject_groups set newest_at_us =
      (select received_at_us from rejected_records r where r.id = reject_groups.newest_id);`);
};

/**
 * Removes imports that began later, and ends those that the cut has interrupted; returns their ids. The counts of the others
 * follow their records and rejects.
 */
const cutImports = (client: Database.Database, cut: Cut): number[] => {
  client.exec('delete from imports where id in (select id from cut_imports where is_later)');
  const interrupted = 'id in (select id from cut_imports where not is_ended)';
  const ended = client
    .prepare(`select id from imports where state <> 'RUNNING' and ${interrupted} order by id`)
    .pluck()
    .all() as number[];
  const message = `the store was restored to sequence number ${cut.sequence}, which is before the end of the import; import it again`;
  client
    .prepare(
      `update imports set state = 'FAILED', failure_code = 'INTERNAL', failure_message = ?
       where state <> 'RUNNING' and ${interrupted}`,
    )
    .run(message);
  // What was unchanged is known for the whole import only, and a part of a synchronization or dataset is nothing.
  client.exec(`update imports set accepted = 0, unchanged = 0 where ${interrupted}`);
  // The same content goes on where its last import got to, which a part of a batch does not say.
  client.exec(
    `update imports set digest = '' where id in (select id from cut_imports where is_split and not is_ended)`,
  );
  const conflict = `exists (select 1 from json_each(r.problems) p where json_extract(p.value, '$.code') = 'CONFLICT')`;
  const left = `from rejected_records r where r.import_id = imports.id and r.state <> 'RESOLVED'`;
  client.exec(`
    update imports set accepted = (select kept from cut_imports c where c.id = imports.id)
      where target not in ('USER_FILES', 'DATASET');
    update imports set conflicts = (select count(*) ${left} and ${conflict}),
      rejected = (select count(*) ${left} and not ${conflict});
    update imports set read = accepted + unchanged + conflicts + rejected;
    update imports set state = 'SUCCEEDED_WITH_REJECTS' where state = 'SUCCEEDED' and rejected + conflicts > 0;`);
  return ended;
};

/** Removes versions and datasets that were made later. A dataset whose earlier versions are gone is removed, too. */
const cutDatasets = (client: Database.Database, cut: Cut): Pick<CutResult, 'files' | 'lostDatasets'> => {
  const texts = (sql: string): string[] => client.prepare(sql).pluck().all(cut) as string[];
  const files = texts('select file from dataset_versions where created_at_us > @untilUs');
  client.prepare('delete from dataset_versions where created_at_us > @untilUs').run(cut);
  client.prepare('delete from datasets where created_at_us > @untilUs').run(cut);
  const hasVersion = 'exists (select 1 from dataset_versions v where v.dataset_id = datasets.id)';
  const lostDatasets = texts(
    `select name from datasets where (deleted_at_us is null and not ${hasVersion}) or deleted_at_us > @untilUs order by id`,
  );
  client
    .prepare(`update datasets set deleted_at_us = @untilUs where deleted_at_us is null and not ${hasVersion}`)
    .run(cut);
  client.exec(`update datasets set version_id = (select max(id) from dataset_versions v where v.dataset_id = datasets.id)
    where ${hasVersion}`);
  return { files, lostDatasets };
};
