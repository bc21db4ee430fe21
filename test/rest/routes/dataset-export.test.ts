import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

const stallMs = 1000;
const rows = 2500;

const exported = async () => {
  const app = await openApp({ settings: { exportStallMs: String(stallMs) } });
  onTestFinished(app.close);
  const csv = `n,text\n${Array.from({ length: rows }, (_, n) => `${n},text ${n}`).join('\n')}\n`;
  expect(await importCsv(app, 'long', csv)).toMatchObject({ status: 200, accepted: rows });
  return app.get('/datasets/long/export?format=ndjson');
};

it('an export sends all rows page by page to a client that reads them', async () => {
  const lines = (await (await exported()).text()).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: rows }, (_, n) => n));
});

it('an export fails when its client reads nothing for exportStallMs', async () => {
  const reader = (await exported()).body?.getReader();
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
  await delay(2 * stallMs);
  await expect(reader?.read()).rejects.toThrow('the client read nothing');
});
