/** Records kept for each table: those of a few large pages. */
const slotCount = 2 ** 14;

/**
 * Remembers the records that were read last, each in the slot of its sequence number. Stored records never change, so none
 * becomes stale. `readBySeqs` returns the records in the order of the keys, null for a missing one; so does the result, which
 * reads only what it does not have.
 */
export const createRecordCache = <T extends { readonly seq: number }>(
  readBySeqs: (seqs: readonly number[]) => (T | null)[],
): ((seqs: readonly number[]) => (T | null)[]) => {
  const slots: (T | undefined)[] = [];
  return (seqs) => {
    const records: (T | null)[] = [];
    const missing: number[] = [];
    const missingAt: number[] = [];
    for (const seq of seqs) {
      const known = slots[seq % slotCount];
      if (known?.seq !== seq) {
        missing.push(seq);
        missingAt.push(records.length);
      }
      records.push(known?.seq === seq ? known : null);
    }
    if (missing.length === 0) return records;
    const read = readBySeqs(missing);
    for (const [index, record] of read.entries()) {
      records[missingAt[index] as number] = record;
      if (record) slots[record.seq % slotCount] = record;
    }
    return records;
  };
};
