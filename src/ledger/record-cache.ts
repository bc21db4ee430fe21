import { LRUCache } from 'lru-cache';
import { EntrySets } from '../lib/entry-sets.ts';

/** Records kept for each table: those of a few large pages. */
const recordsMax = 2 ** 14;

/**
 * Remembers the records that were read last, by their sequence numbers. Stored records never change, so none becomes stale.
 * `readBySeqs` returns the records in the order of the keys, null for a missing one; so does the result, which reads only
 * what it does not have. For the same frozen list of keys it returns the same frozen list of records while it remembers it,
 * so that what is computed from a whole page can be remembered, too.
 */
export const createRecordCache = <T extends { readonly seq: number }>(
  readBySeqs: (seqs: readonly number[]) => (T | null)[],
): ((seqs: readonly number[]) => readonly (T | null)[]) => {
  const known = new EntrySets<T>(recordsMax);
  const lists = new LRUCache<readonly number[], readonly T[]>({
    maxSize: recordsMax,
    sizeCalculation: ({ length }) => length + 1,
  });

  const knownOf = (seq: number): T | null => {
    const start = known.startOf(seq);
    const end = known.endOf(start);
    for (let index = start; index < end; index++) {
      const record = known.at(index);
      if (record?.seq === seq) return record;
    }
    return null;
  };

  const recordsOf = (seqs: readonly number[]): (T | null)[] => {
    const records = seqs.map(knownOf);
    const missing = seqs.filter((_seq, index) => records[index] === null);
    if (missing.length === 0) return records;
    const read = readBySeqs(missing);
    let count = 0;
    for (const [index, record] of records.entries()) if (record === null) records[index] = read[count++] ?? null;
    for (const record of read) if (record) known.add(record.seq, record);
    return records;
  };

  return (seqs) => {
    if (!Object.isFrozen(seqs)) return recordsOf(seqs);
    const list = lists.get(seqs);
    if (list) return list;
    const records = recordsOf(seqs);
    // A record that is missing now may be stored later.
    if (records.every((record) => record !== null)) lists.set(seqs, Object.freeze(records) as readonly T[]);
    return records;
  };
};
