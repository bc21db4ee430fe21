import { absentUint32, growableUint32 } from './growable.ts';
import { SeqColumn } from './seq-column.ts';
import { exchangeColumns, type HasState } from './state-columns.ts';

/** The values of keys over time, by the seq that set them. Keys are dense codes from 0, values below 2^32 - 1. */
export interface Versions extends HasState {
  /** Sets a value; the seqs of a key must ascend. False for a replay and for a value that changes nothing. */
  add(key: number, seq: number, value: number): boolean;
  /** The last value set at or before a seq, 0 when there is none. Costs one step for each later version. */
  valueAt(key: number, sequence?: number): number;
  /** Writes the value of each of many keys. */
  valuesAt(keys: Uint32Array, sequence: number, found: Uint32Array): void;
  /** The versions with a seq after one and up to another, those of a key from the newest to the oldest. */
  between(after: number, upTo: number): Iterable<Version>;
  readonly byteLength: number;
}

export interface Version {
  readonly key: number;
  readonly seq: number;
  readonly value: number;
}

export const createVersions = (): Versions => {
  const newest = growableUint32();
  const seqs = new SeqColumn();
  const values = growableUint32();
  const previous = growableUint32();

  return {
    add(key, seq, value) {
      while (newest.length <= key) newest.push(absentUint32);
      const last = newest.values[key] as number;
      if (last !== absentUint32 && seqs.at(last) >= seq) return false;
      const changes = last === absentUint32 ? value !== 0 : values.values[last] !== value;
      seqs.push(seq);
      values.push(value);
      previous.push(last);
      newest.set(key, seqs.length - 1);
      return changes;
    },
    valueAt(key, sequence = Number.POSITIVE_INFINITY) {
      let version = key < newest.length && key >= 0 ? (newest.values[key] as number) : absentUint32;
      while (version !== absentUint32 && seqs.at(version) > sequence) version = previous.values[version] as number;
      return version === absentUint32 ? 0 : (values.values[version] as number);
    },
    valuesAt(keys, sequence, found) {
      const [known, last, before, set] = [newest.length, newest.values, previous.values, values.values];
      if (known === 0) {
        found.fill(0);
        return;
      }
      for (let index = 0; index < keys.length; index++) {
        const key = keys[index] as number;
        let version = key < known ? (last[key] as number) : absentUint32;
        while (version !== absentUint32 && seqs.at(version) > sequence) version = before[version] as number;
        found[index] = version === absentUint32 ? 0 : (set[version] as number);
      }
    },
    *between(after, upTo) {
      for (let key = 0; key < newest.length; key++) {
        let version = newest.values[key] as number;
        for (; version !== absentUint32; version = previous.values[version] as number) {
          const seq = seqs.at(version);
          if (seq <= after) break;
          if (seq <= upTo) yield { key, seq, value: values.values[version] as number };
        }
      }
    },
    exchange(columns) {
      newest.exchange(columns, 'newest', true);
      exchangeColumns(columns, { seqs, values, previous });
    },
    get byteLength() {
      return newest.byteLength + seqs.byteLength + values.byteLength + previous.byteLength;
    },
  };
};
