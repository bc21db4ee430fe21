import type { HasState } from './state-columns.ts';
import type { TimelineEntries } from './timeline-spans.ts';

/**
 * A timeline of small values for each key: the value at a time is that of the entry with the greatest (atUs, seq) whose
 * atUs is not after the time. Keys are dense codes from 0, values 0–255, times microseconds, seqs sequence numbers.
 *
 * Positions are valid until the next `add` or `compact`.
 */
export interface TimelineIndex extends HasState {
  readonly entries: number;
  /** Another number as soon as positions are no longer valid. */
  readonly changes: number;
  /** Number of keys that have an entry. */
  readonly keys: number;
  /** Bytes allocated, spare capacity included. */
  readonly byteLength: number;
  /** Adds an entry, in any order of time. A known (key, atUs, seq) changes nothing, so that replays are harmless. */
  add(key: number, atUs: number, value: number, seq: number): void;
  /**
   * The deciding entry: the greatest (atUs, seq) at or before `atUs` with seq <= sequenceMax; -1 when there is none.
   * Costs a binary search and one step back for each entry recorded after sequenceMax.
   */
  positionAt(key: number, atUs: number, sequenceMax?: number): number;
  /** Value of the deciding entry, `absent` when there is none. */
  valueAt(key: number, atUs: number, absent: number): number;
  /** Writes the values that keys have at times, one each, of the entries with seq <= sequenceMax; 0 where there is none. */
  valuesAt(questions: TimelineQuestions, sequenceMax: number): void;
  /** The deciding entries of many keys at one time, as `positionAt` finds them. */
  positionsAt(keys: Uint32Array, atUs: number, sequenceMax: number): Int32Array;
  /** Entries with seq <= sequenceMax, valid as long as positions are. */
  entriesUpTo(sequenceMax: number): TimelineEntries;
  /** First position of a key's entries, oldest first. */
  start(key: number): number;
  /** The position after a key's last entry; equal to `start` for a key without entries. */
  end(key: number): number;
  atUsOf(position: number): number;
  valueOf(position: number): number;
  seqOf(position: number): number;
  /**
   * Releases all spare capacity; worth it after a rebuild. Iterate to the end: each step is short, and between steps
   * the index may be read, but `add` may not be called.
   */
  compact(): Generator<void, void>;
}

/** Arrays of the same length. */
export interface TimelineQuestions {
  readonly keys: Uint32Array;
  readonly atUs: Float64Array;
  readonly values: Uint8Array;
}
