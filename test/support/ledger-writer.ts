import { openStore } from '../../db/open.ts';
import { statusChanges, transactions } from '../../db/tables/index.ts';

/** A process of its own that writes to the ledger of a folder: `ledger-writer.ts <folder> <name> <writes>`. */
const [data = '', name = '', writes = '0'] = process.argv.slice(2);
const store = openStore({
  data,
  writeQueueMax: 10_000,
  writeWaitMs: 30_000,
  writeProbeMs: 1000,
  startCheckRecordsMax: 1_000_000,
  firstSequence: 1,
  nowUs: () => Date.now() * 1000,
});
const write = (index: number) =>
  store.write((tx) => {
    tx.append(statusChanges, { userId: `${name}-${index}`, effectiveAtUs: index, status: 'paying' });
    if (index % 3 > 0) return;
    const transactionId = `${name}-${index}`;
    tx.append(transactions, {
      transactionId,
      userId: name,
      occurredAtUs: index,
      productId: 'p',
      amount: '1',
      ip: null,
    });
  });
for (let index = 0; index < Number(writes); index += 10)
  await Promise.all(Array.from({ length: 10 }, (_, offset) => write(index + offset)));
store.close();
