import type { ErasingTx, LedgerTable, Match } from './tx.ts';

/** Sequence numbers from one to another, both inclusive. */
export interface ArchiveRange {
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** What a file of records holds. */
export interface SegmentContent {
  readonly records: number;
  readonly tableCounts: Readonly<Record<string, number>>;
  readonly importCounts: readonly (readonly [importId: number, records: number])[];
}

/** A file with the records of a range. */
export interface NewSegment extends ArchiveRange, SegmentContent {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** The folder or `s3://bucket/prefix` that has the file. */
  readonly location: string;
  readonly name: string;
}

/** The records of one segment that are to be erased. */
export interface ArchivedErasure {
  readonly segment: ArchivedSegment;
  /** Writes the other records to a new file; what does not fit in memory goes to a folder. */
  writeFile(path: string, spillFolder: string): Promise<SegmentContent>;
  /** Compares the new file with the digests of the records. Throws DATA_DAMAGED when it is wrong. */
  checkFile(content: SegmentContent & Pick<NewSegment, 'bytes' | 'sha256'>, path: string): Promise<void>;
  /** Puts the new file, with this name at the location of the segment, in the place of the old one. */
  replace(tx: ErasingTx, file: SegmentContent & Pick<NewSegment, 'bytes' | 'sha256' | 'name'>): void;
}

export interface ArchivedSegment extends Omit<NewSegment, 'importCounts'> {
  readonly id: number;
  readonly archivedAtUs: number;
}

/**
 * Moves old records to Parquet files, called segments, from which the store reads them afterwards. A range goes through the
 * steps in the order of these verbs; an interruption after any of them loses nothing and doubles nothing.
 */
export interface LedgerArchive {
  /** All segments, in order. */
  segments(): ArchivedSegment[];
  /** Reads all of a segment; says what is wrong with it, null for nothing. */
  faultOf(segment: ArchivedSegment): string | null;
  /** Where the file of a segment can be read. Throws SEGMENT_UNAVAILABLE while it is in a bucket only. */
  pathOf(segment: ArchivedSegment): string;
  /** Says that all segments are in a folder now; a relative one is in the data folder. */
  relocate(location: string): Promise<void>;
  /** Number of records of a range that would be archived: some small tables stay. */
  countOf(range: ArchiveRange): number;
  /**
   * The ranges that are not archived yet and end before a sequence number, with at most so many sequence numbers each. The last
   * one ends with a commit.
   */
  ranges(before: number, recordsMax: number): Iterable<ArchiveRange>;
  /** Writes the records of a range to a new file; what does not fit in memory goes to a folder. */
  writeFile(range: ArchiveRange, path: string, spillFolder: string): Promise<SegmentContent>;
  /** Compares a file with the records in the tables. Throws DATA_DAMAGED when it differs. */
  checkFile(segment: NewSegment, path: string): Promise<void>;
  /** Adds the keys by which the records of a range are found once they are archived, in short transactions. */
  addKeys(range: ArchiveRange): Promise<void>;
  /** From now on the records are read from the file. Throws CONFLICT when another process has archived the range. */
  add(segment: NewSegment): Promise<void>;
  /** Finds the records of segments that match, segment by segment; reads all of them. */
  find(matches: readonly (readonly [LedgerTable, Match<LedgerTable>])[]): ArchivedErasure[];
  /** Removes some records that are in segments from their tables, in one transaction; returns how many, 0 when none is left. */
  removeNext(): Promise<number>;
}
