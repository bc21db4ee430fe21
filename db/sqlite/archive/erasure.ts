import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import { DomainError } from '../../../src/errors.ts';
import { writeSegmentFile } from '../../segments/write-segment.ts';
import type { ArchivedErasure, ArchivedSegment, ErasingTx, LedgerTable, Match, SegmentContent } from '../../store.ts';
import { erasedRecords, ledgerSegments } from '../../tables/index.ts';
import { columnsOf } from '../rows/columns.ts';
import type { ReadRecord } from './page-check.ts';
import type { ArchivedRecords } from './records.ts';
import { removeKeys } from './removal.ts';
import { matcher } from './rows.ts';
import { RowsOfSegment } from './stored-records.ts';
import { archivedTableOf, archivedTables, segmentColumns } from './tables.ts';

/** Finds the records of segments that match, and writes segments without them; see `ArchivedErasure`. */
export const findInSegments = (
  client: Database.Database,
  archived: ArchivedRecords,
  matches: readonly (readonly [LedgerTable, Match<LedgerTable>])[],
): ArchivedErasure[] => {
  const tests = new Map(
    matches.flatMap(([table, match]) =>
      archivedTableOf(table) ? [[getTableName(table), matcher(table, match)] as const] : [],
    ),
  );
  if (tests.size === 0) return [];
  return archived.segments({ after: 0, upTo: Number.MAX_SAFE_INTEGER }).flatMap((segment) => {
    const erased = new Map<number, ReadRecord>();
    for (const page of archived.contentOf(segment))
      for (const record of page) if (tests.get(record.table)?.(record.values)) erased.set(record.sequence, record);
    return erased.size === 0 ? [] : [new SegmentErasure({ client, archived, segment, erased })];
  });
};

interface ErasureParts {
  readonly client: Database.Database;
  readonly archived: ArchivedRecords;
  readonly segment: ArchivedSegment;
  readonly erased: ReadonlyMap<number, ReadRecord>;
}

class SegmentErasure implements ArchivedErasure {
  readonly #parts: ErasureParts;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
  }

  get segment(): ArchivedSegment {
    return this.#parts.segment;
  }

  async writeFile(path: string, spillFolder: string): Promise<SegmentContent> {
    const rows = new RowsOfSegment();
    await writeSegmentFile(path, segmentColumns(), rows.batches(this.#left()), spillFolder);
    return rows.counts();
  }

  async checkFile(content: SegmentContent & Pick<ArchivedSegment, 'bytes' | 'sha256'>, path: string): Promise<void> {
    const { archived, segment, erased } = this.#parts;
    let records = 0;
    const written = { ...segment, ...content };
    for (const page of archived.contentOf(written, { path, without: erased })) {
      records += page.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (records === segment.records - erased.size && records === content.records) return;
    throw new DomainError('DATA_DAMAGED', `${path} has ${records} records instead of ${segment.records - erased.size}`);
  }

  replace(tx: ErasingTx, segment: Parameters<ArchivedErasure['replace']>[1]): void {
    const { id } = this.#parts.segment;
    const { records, tableCounts, importCounts, bytes, sha256, name } = segment;
    const counts = importCounts.map(([importId, count]): [number, number] => [importId, count]);
    tx.update(ledgerSegments, { id }, { ...{ records, bytes, sha256, name, tableCounts }, importCounts: counts });
    for (const record of this.#parts.erased.values()) this.#note(tx, record);
  }

  /** Its digest stays in its commit, and its time and import with the erased records. */
  #note(tx: ErasingTx, { table, sequence: id, values }: ReadRecord): void {
    const archived = archivedTables.find(({ name }) => name === table);
    if (!archived) throw new Error(`${table} is not archived`);
    const keys = columnsOf(archived.table).map(([key]) => key);
    const numberOf = (key: string): number | null => values[keys.indexOf(key)] as number | null;
    // It may still be in its table, which is erased, too.
    if (!tx.findLatest(erasedRecords, { id }))
      tx.insert(erasedRecords, {
        ...{ id, tableName: table, importId: numberOf('importId'), recordedAtUs: numberOf('recordedAtUs') ?? 0 },
        ...{ leftDigest: null, erasedAtUs: tx.nowUs },
      });
    removeKeys(this.#parts.client, archived, values);
  }

  *#left(): Generator<ReadRecord[]> {
    const { archived, segment, erased } = this.#parts;
    for (const page of archived.contentOf(segment)) yield page.filter(({ sequence }) => !erased.has(sequence));
  }
}
