import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '/work/main/test/support/app.ts';
import { dataFolder } from '/work/main/test/support/store.ts';
it('x', async () => {
  const opened = await openApp({ data: dataFolder(), settings: { batchRecords: '10' } });
  const event = { user_id: 'u', account_type: 'free', date: '2020-01-01', version: 'a' };
  const t = performance.now();
  console.log(await opened.importFile('events', { name: 'l.jsonl', text: `${JSON.stringify(event)}\n`.repeat(3000) }), performance.now() - t);
  await opened.close();
});
