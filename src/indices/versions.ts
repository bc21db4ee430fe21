import { growableUint32 } from './growable.ts';

/** The values a key had one after another, by the seq that set them. Keys are dense codes from 0, values below 2^32 - 1. */
export interface Versions {
  /** Sets a value; seqs of a key ascend. False when it is a replay or changes nothing. */
  add(key: number, seq: number, value: number): boolean;
  /** The value set last at or before a seq, 0 when none was. One step back for each version after it. */
  valueAt(key: number, sequence?: number): number;
  readonly byteLength: number;
}

const none = 0xffffffff;

export const createVersions = (): Versions => {
  const newest = growableUint32();
  const seqs = growableUint32();
  const values = growableUint32();
  const previous = growableUint32();

  return {
    add(key, seq, value) {
      while (newest.length <= key) newest.push(none);
      const last = newest.values[key] as number;
      if (last !== none && (seqs.values[last] as number) >= seq) return false;
      const changes = last === none ? value !== 0 : values.values[last] !== value;
      seqs.push(seq);
      values.push(value);
      previous.push(last);
      newest.set(key, seqs.length - 1);
      return changes;
    },
    valueAt(key, sequence = none) {
      let version = key < newest.length && key >= 0 ? (newest.values[key] as number) : none;
      while (version !== none && (seqs.values[version] as number) > sequence)
        version = previous.values[version] as number;
      return version === none ? 0 : (values.values[version] as number);
    },
    get byteLength() {
      return newest.byteLength + seqs.byteLength + values.byteLength + previous.byteLength;
    },
  };
};
