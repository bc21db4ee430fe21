import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

it('verify reports no problem in a store with imports of dataset versions', async () => {
  const opened = await openApp();
  onTestFinished(opened.close);
  expect(await importCsv(opened, 'songs', 'id,title\n1,Loud\n2,Quiet,x\n')).toMatchObject({ accepted: 1, rejected: 1 });
  expect(opened.app.store.verify().problems).toEqual([]);
});
