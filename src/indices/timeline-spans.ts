import type { SeqArray } from './seq-array.ts';
import { readValues, type TimelineArrays } from './timeline-batch.ts';

/** From when until when keys have a value, NaN where it is open. */
export interface TimelineSpans {
  readonly fromUs: Float64Array;
  readonly toUs: Float64Array;
}

/** Entries of a timeline index, of which only those with seq <= sequenceMax count. */
export interface TimelineEntries extends TimelineArrays {
  readonly values: Uint8Array;
  /** Null when all entries count: to read their numbers would cost a cache miss each. */
  readonly seqs: SeqArray | null;
  readonly sequenceMax: number;
}

const counts = ({ seqs, sequenceMax }: TimelineEntries, position: number): boolean =>
  seqs === null || seqs.at(position) <= sequenceMax;

/** The first of the entries up to `decider` between which the value does not change. `start` is the first one of the key. */
export const beginOf = (entries: TimelineEntries, decider: number, start: number): number => {
  const { times, values } = entries;
  let begin = decider;
  for (let position = decider - 1; position >= start; position--) {
    // Of the entries of an instant the last known one counts, which was met first.
    if (times[position] === times[begin] || !counts(entries, position)) continue;
    if (values[position] !== values[decider]) break;
    begin = position;
  }
  return begin;
};

/** The first time after `decider`, -1 for none, from which another value counts; NaN when there is none. `end` is behind the key. */
export const endUsOf = (entries: TimelineEntries, decider: number, start: number, end: number): number => {
  const { times, values } = entries;
  const value = decider < 0 ? -1 : (values[decider] as number);
  // The last known entry of the instant that is being read.
  let last = -1;
  for (let position = decider < 0 ? start : decider + 1; position < end; position++) {
    if (!counts(entries, position)) continue;
    if (last >= 0 && times[last] !== times[position] && values[last] !== value) break;
    last = position;
  }
  return last >= 0 && values[last] !== value ? (times[last] as number) : Number.NaN;
};

/** The values at positions, 0 for -1. */
export const valuesOf = ({ values: all }: TimelineEntries, positions: Int32Array): Uint8Array => {
  const values = new Uint8Array(positions.length);
  readValues(all, positions, values);
  return values;
};

/** The spans of many keys around their deciding entries. */
export const spansOf = (entries: TimelineEntries, keys: Uint32Array, deciders: Int32Array): TimelineSpans => {
  const { blocks, keysEnd } = entries;
  const fromUs = new Float64Array(keys.length);
  const toUs = new Float64Array(keys.length);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number;
    const decider = deciders[index] as number;
    const start = key < keysEnd ? (blocks[key * 3] as number) : 0;
    const end = key < keysEnd ? start + (blocks[key * 3 + 1] as number) : 0;
    fromUs[index] = decider < 0 ? Number.NaN : (entries.times[beginOf(entries, decider, start)] as number);
    toUs[index] = endUsOf(entries, decider, start, end);
  }
  return { fromUs, toUs };
};
