import { expect, it } from 'vitest';
import { RecordsCheck } from '../../../db/sqlite/checks/records.ts';
import { appendChange, dataFolder, rawConnection, testStore } from '../../support/store.ts';

it('the content of records is checked from any one on, also within a commit, and the chain of all commits', async () => {
  const data = dataFolder();
  const store = testStore({ data });
  const sizes = [500, 3000, 10];
  for (const size of sizes)
    await store.write((tx) => {
      for (let index = 0; index < size; index++) appendChange(`u${index}`, index)(tx);
    });
  store.close();
  const client = rawConnection(data);
  const altered = [1, 500, 501, 2000, 3499, 3500, 3501, 3510];
  client.exec(`update status_changes set user_id = 'other' where seq in (${altered.join()})`);
  const found = (after: number, contentAfter: number): (number | undefined)[] =>
    Array.from(new RecordsCheck(client).damages(after, contentAfter), ({ sequence }) => sequence);
  for (const contentAfter of [0, 1, 499, 500, 501, 1999, 2000, 2001, 3499, 3500, 3501, 3509, 3510])
    for (const after of [0, 500, 3500].filter((each) => each <= contentAfter))
      expect(found(after, contentAfter)).toEqual(altered.filter((seq) => seq > contentAfter));
  client.exec('update commits set recorded_at_us = recorded_at_us + 1 where last_seq = 3500');
  expect(found(500, 3509)).toEqual([3500, 3510]);
  client.close();
});
