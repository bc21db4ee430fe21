import type { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { statusChanges } from '../../../db/tables/index.ts';
import { openApp } from '../../support/app.ts';

const text = (lines: number): string =>
  ['user_id,created_at,status', ...Array.from({ length: lines }, (_, row) => `u${row},2020-06-02,paying`)].join('\n');

it('imports in a thread: the server follows it, writes meanwhile, and ends it as interrupted when it stops', async () => {
  const opened = await openApp({ onDisk: true, settings: { importThreadBytes: '1', batchRecords: '100' } });
  onTestFinished(opened.close);
  const { app } = opened;
  const { imports } = app.domains;
  const whole = { name: 'whole.csv', text: `${text(3000)}\nu1,2020-06-02,gone\nu2,2020-06-02,paying` };
  const imported = opened.importFile('user-status', whole);
  const written = app.ledger.write((tx) =>
    tx.append(statusChanges, { userId: 'meanwhile', effectiveAtUs: 0, status: 'cancelled' }),
  );
  const ended = await imported;
  const counts = { read: 3002, accepted: 3000, unchanged: 1, rejected: 1, conflicts: 0 };
  expect(ended).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS', ...counts });
  await written;
  expect(app.ledger.snapshot().sequence).toBe(3001);
  const atUs = Date.UTC(2021, 0, 1) * 1000;
  expect(app.domains.userStatus.statusAt('u2999', atUs).status).toBe('paying');
  expect(app.domains.userStatus.statusAt('meanwhile', atUs).status).toBe('cancelled');
  const rest = { name: 'rest.csv', text: text(200_000).replaceAll('2020-06-02', '2020-07-02') };
  const stopped = opened.importFile('user-status', rest);
  await expect.poll(() => imports.importsPage({ state: 'RUNNING' }, { limit: 1, fromEnd: false }).rows.length).toBe(1);
  await imports.interruptAll();
  const interrupted = await stopped;
  expect(interrupted).toMatchObject({ state: 'FAILED', failureCode: 'INTERRUPTED' });
  expect(app.store.count(statusChanges)).toBe(3001 + interrupted.accepted);
  expect(app.ledger.snapshot().sequence).toBe(3001 + interrupted.accepted);
  expect(app.store.verify().problems).toEqual([]);
});

it('imports an upload in a thread, with options of its reading, and a repeat of it as duplicates', async () => {
  const opened = await openApp({ onDisk: true, settings: { importThreadBytes: '1', batchRecords: '100' } });
  onTestFinished(opened.close);
  const query = `mutation ($file: File!) {
    startImport(input: { target: STATUS_CHANGES, source: { file: $file }, wait: true, statusWords: [{ word: "gold", status: PAYING }] }) {
      ... on StartImportPayload { import { state read accepted unchanged failure { message } } }
      ... on Error { code message }
    }
  }`;
  for (const [accepted, unchanged] of [
    [2001, 0],
    [0, 2001],
  ]) {
    const form = new FormData();
    form.set('operations', JSON.stringify({ query, variables: { file: null } }));
    form.set('map', JSON.stringify({ 0: ['variables.file'] }));
    form.set('0', new File([`${text(2000)}\ng,2020-06-02,gold`], 'changes.csv'));
    const response = await opened.get('/graphql', { method: 'POST', body: form });
    expect(await response.json()).toEqual({
      data: { startImport: { import: { state: 'SUCCEEDED', read: 2001, accepted, unchanged, failure: null } } },
    });
  }
});

it('ends an import as its thread has stored it, also when the thread ends before it says so', async () => {
  const passOver = (thread: Worker): void => {
    const emit = thread.emit.bind(thread);
    thread.emit = (name: string, ...values: unknown[]) =>
      (values[0] as { kind?: string } | undefined)?.kind !== 'END' && emit(name as 'message', ...(values as [unknown]));
  };
  process.on('worker', passOver);
  onTestFinished(() => void process.off('worker', passOver));
  const opened = await openApp({ onDisk: true, settings: { importThreadBytes: '1', batchRecords: '100' } });
  onTestFinished(opened.close);
  const ended = await opened.importFile('user-status', { name: 'whole.csv', text: text(300) });
  expect(ended).toMatchObject({ state: 'SUCCEEDED', accepted: 300, failureCode: null });
  const wrong = await opened.importFile('user-status', { name: 'wrong.csv', text: 'a,b\n1,2' });
  expect(wrong).toMatchObject({ state: 'FAILED', failureCode: 'INTERNAL' });
  expect(wrong.failureMessage).toContain('its thread has ended');
});
