import type Database from 'better-sqlite3';
import type { Damage } from '../../store.ts';
import { damagedCatalogue, damagedSegments } from '../archive/check.ts';
import type { ArchivedRecords } from '../archive/records.ts';
import type { MarkState } from '../file/mark.ts';
import { asDamage, lossOf } from '../file/preflight.ts';
import { isDamage } from '../rows/damage-errors.ts';
import { wrongCounts } from './counts.ts';
import { RecordsCheck } from './records.ts';
import { damagedRows } from './rows.ts';
import { damagedPages, damagedSchema } from './structure.ts';

export interface VerifyRequest {
  /** The share of records that are checked, 0 to 1. */
  readonly share: number;
  /** The mark as it was before the check begins; null without one. */
  readonly marked: MarkState | null;
  /** Null to leave out what is in segments. */
  readonly archived: ArchivedRecords | null;
}

/**
 * Checks all that a store holds: its tables and indices, the chain of commits, every record and row, the mark beside it and
 * the counts of its imports. It blocks the thread until it is done: do not call it on the thread of a server.
 */
export function* verifyStore(client: Database.Database, { share, marked, archived }: VerifyRequest): Generator<Damage> {
  // One transaction, so that concurrent commits of other processes do not look like damage.
  client.exec('begin');
  try {
    const loss = lossOf(client, marked);
    if (loss !== null) yield { table: null, message: `mark: ${loss}` };
    yield* damagedSchema(client);
    yield* damagedPages(client, share < 1);
    yield* new RecordsCheck(client, share).damages(0);
    yield* damagedRows(client);
    yield* damagedCatalogue(client);
    if (archived) yield* damagedSegments(client, archived, share);
    yield* wrongCounts(client);
  } catch (error) {
    if (!isDamage(error)) throw error;
    yield { table: null, message: String((asDamage(client.name, error) as Error).message) };
  } finally {
    client.exec('rollback');
  }
}
