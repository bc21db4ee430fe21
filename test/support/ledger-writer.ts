import { openStore } from '../../db/open.ts';
import { statusChanges, transactions } from '../../db/tables/index.ts';

/** A process of its own that writes to the ledger of a folder: `ledger-writer.ts <folder> <name> <writes>`. */
const [data = '', name = '', writes = '0'] = process.argv.slice(2);
const store = openStore({ data, writeQueueMax: 10_000, writeWaitMs: 30_000, nowUs: () => Date.now() * 1000 });
const write = (place: number) =>
  store.write((tx) => {
    tx.append(statusChanges, { userId: `${name}-${place}`, effectiveAtUs: place, status: 'paying' });
    if (place % 3 > 0) return;
    const transactionId = `${name}-${place}`;
    tx.append(transactions, {
      transactionId,
      userId: name,
      occurredAtUs: place,
      productId: 'p',
      amount: '1',
      ip: null,
    });
  });
for (let place = 0; place < Number(writes); place += 10)
  await Promise.all(Array.from({ length: 10 }, (_, offset) => write(place + offset)));
store.close();
