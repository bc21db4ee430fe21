import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';

const fresh = async (options: Parameters<typeof openApp>[0] = {}): Promise<OpenApp> => {
  const opened = await openApp(options);
  onTestFinished(opened.close);
  return opened;
};

interface Group {
  readonly id: string;
  readonly source: string;
  readonly field: string;
  readonly code: string;
  readonly openCount: number;
  readonly resolvedCount: number;
  readonly discardedCount: number;
  readonly import: object | null;
  readonly example: { readonly raw: string };
  readonly rejectedRecords: { readonly totalCount: number; readonly nodes: readonly { readonly raw: string }[] };
}

const groupsOf = async ({ query }: OpenApp, args = ''): Promise<Group[]> => {
  const { data, errors } = await query<{ rejectGroups: { totalCount: number; nodes: Group[] } }>(
    `{ rejectGroups${args} { totalCount nodes { id source field code openCount resolvedCount discardedCount import { source }
      example { raw } rejectedRecords(state: OPEN, first: 100) { totalCount nodes { raw } } } } }`,
  );
  if (errors || !data) throw new Error(JSON.stringify(errors));
  expect(data.rejectGroups.totalCount).toBe(data.rejectGroups.nodes.length);
  return data.rejectGroups.nodes;
};

interface Settled {
  readonly storedCount: number;
  readonly discardedCount: number;
  readonly refusedCount: number;
  readonly refusals: readonly string[];
  readonly lastRecordId: string | null;
  readonly rejectGroup: { readonly openCount: number };
}

const settle = async ({ query }: OpenApp, action: 'retry' | 'discard', input: object): Promise<Settled> => {
  const name = `${action}RejectGroup`;
  const type = `${action === 'retry' ? 'Retry' : 'Discard'}RejectGroupInput!`;
  const { data, errors } = await query<Record<string, Settled>>(
    `mutation ($input: ${type}) { ${name}(input: $input) {
      ... on SettleRejectGroupPayload { storedCount discardedCount refusedCount refusals lastRecordId rejectGroup { openCount } }
      ... on Error { code message } } }`,
    { input },
  );
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data[name] as Settled;
};

const row = (user: string, date: string, status: string): string => `${user},${date},${status}`;
const text = [
  'user_id,created_at,status',
  row('a', '2020-01-01', 'paying'),
  ...['b', 'c', 'd'].map((user) => row(user, 'never', 'paying')),
  row('e', '2020-01-01', 'happy'),
  row('f', 'never', 'happy'),
  '',
].join('\n');

describe('groups of rejected records', () => {
  it('have exactly the records with their target, source, import and first problem, and add up', async () => {
    const opened = await fresh();
    const imported = await opened.importFile('user-status', { name: 'status.csv', text });
    await opened.importFile('user-status', {
      name: 'again.csv',
      text: `user_id,created_at,status\n${row('g', 'never', 'paying')}\n`,
    });
    await opened.query(
      'mutation { recordStatusChanges(input: { changes: [{ userId: "h", occurredAt: "never", status: "paying" }] }) { __typename } }',
    );
    const groups = await groupsOf(opened);
    const found = groups.map(({ source, field, openCount, rejectedRecords }) => [
      source,
      field,
      openCount,
      rejectedRecords.totalCount,
    ]);
    expect(found).toContainEqual(['again.csv', 'created_at', 1, 1]);
    expect(found).toContainEqual(['status.csv', 'created_at', 4, 4]);
    expect(found).toContainEqual(['status.csv', 'status', 1, 1]);
    const ofImport = groups.filter(({ source }) => source === 'status.csv');
    expect(ofImport.reduce((sum, { openCount }) => sum + openCount, 0)).toBe(imported.rejected);
    for (const { example, rejectedRecords } of groups) expect(example.raw).toBe(rejectedRecords.nodes[0]?.raw);
    expect(groups.filter(({ import: ofGroup }) => ofGroup === null)).toHaveLength(found.length - 3);
    expect(await groupsOf(opened, '(target: TRANSACTIONS)')).toEqual([]);
    const [first] = (await groupsOf(opened)).slice(-1);
    const node = await opened.query('query ($id: ID!) { node(id: $id) { ... on RejectGroup { openCount } } }', {
      id: first?.id,
    });
    expect(node.data).toEqual({ node: { openCount: first?.openCount } });
  });

  it('are discarded and retried in parts, and count every change once', async () => {
    const opened = await fresh({ settings: { recordsPerMutationMax: '3' } });
    await opened.importFile('user-status', { name: 'status.csv', text });
    const dates = async () =>
      (await groupsOf(opened, '(includeSettled: true)')).find(({ field }) => field === 'created_at');
    const rejectGroupId = (await dates())?.id ?? '';
    const refused = await settle(opened, 'retry', { rejectGroupId, first: 3 });
    expect(refused).toMatchObject({
      storedCount: 0,
      discardedCount: 0,
      refusedCount: 3,
      rejectGroup: { openCount: 4 },
    });
    expect(refused.refusals).toHaveLength(3);
    const rest = await settle(opened, 'retry', { rejectGroupId, after: refused.lastRecordId });
    expect(rest).toMatchObject({ refusedCount: 1 });
    expect(await settle(opened, 'retry', { rejectGroupId, after: rest.lastRecordId })).toMatchObject({
      refusedCount: 0,
      lastRecordId: null,
    });
    expect(await settle(opened, 'discard', { rejectGroupId, reason: 'no dates' })).toMatchObject({
      discardedCount: 3,
      rejectGroup: { openCount: 1 },
    });
    expect(await dates()).toMatchObject({
      openCount: 1,
      resolvedCount: 0,
      discardedCount: 3,
      example: { raw: expect.stringContaining('f') },
    });
    expect(await settle(opened, 'discard', { rejectGroupId, reason: 'no dates' })).toMatchObject({
      rejectGroup: { openCount: 0 },
    });
    expect((await groupsOf(opened)).map(({ field }) => field)).toEqual(['status']);
    expect(await dates()).toMatchObject({ openCount: 0, discardedCount: 4 });
  });

  it('count a corrected record as resolved', async () => {
    const opened = await fresh();
    await opened.importFile('user-status', { name: 'status.csv', text });
    const { data } = await opened.query<{ rejectedRecords: { nodes: { id: string; raw: string }[] } }>(
      '{ rejectedRecords(first: 100) { nodes { id raw } } }',
    );
    const record = data?.rejectedRecords.nodes.find(({ raw }) => raw.includes('happy') && raw.includes('2020'));
    await opened.query(
      'mutation ($input: ResolveRejectedRecordInput!) { resolveRejectedRecord(input: $input) { __typename } }',
      {
        input: {
          rejectedRecordId: record?.id,
          action: { retryWith: '{"user_id":"e","created_at":"2020-01-01","status":"paying"}' },
        },
      },
    );
    const groups = await groupsOf(opened, '(includeSettled: true)');
    expect(groups.find(({ field }) => field === 'status')).toMatchObject({
      openCount: 0,
      resolvedCount: 1,
      discardedCount: 0,
    });
  });

  it('refuse a reason that is no text, an unknown group and too many records at once', async () => {
    const opened = await fresh();
    await opened.importFile('user-status', { name: 'status.csv', text });
    const rejectGroupId = (await groupsOf(opened))[0]?.id;
    expect(await settle(opened, 'discard', { rejectGroupId, reason: ' ' })).toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    const unknown = Buffer.from('RejectGroup:99').toString('base64');
    expect(await settle(opened, 'retry', { rejectGroupId: unknown })).toMatchObject({ code: 'NOT_FOUND' });
    await expect(settle(opened, 'retry', { rejectGroupId, first: 1001 })).rejects.toThrow(/recordsPerMutationMax/);
    await expect(settle(opened, 'retry', { rejectGroupId, first: 0 })).rejects.toThrow(/first must be at least 1/);
  });
});
