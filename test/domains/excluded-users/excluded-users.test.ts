import { describe, expect, it, onTestFinished } from 'vitest';
import { experimentEvents } from '../../../db/tables/index.ts';
import { type OpenApp, type OpenOptions, openApp } from '../../support/app.ts';
import { event } from '../../support/rejects.ts';

const fresh = async (options: OpenOptions = {}): Promise<OpenApp> => {
  const opened = await openApp(options);
  onTestFinished(opened.close);
  return opened;
};

interface Result {
  readonly __typename: string;
  readonly results?: readonly { readonly index: number; readonly outcome: string }[];
}

const fields = `__typename ... on Error { code message } ... on ValidationError { problems { path code } }`;
const result = `accepted duplicates conflicts rejected { target raw } results { index outcome sequence problems { path code message } }
  snapshot { sequence }`;

const mutate = async ({ query }: OpenApp, name: 'excludeUsers' | 'includeUsers', input: object) => {
  const type = name === 'excludeUsers' ? 'ExcludeUsers' : 'IncludeUsers';
  const document = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ${fields} ... on ${type}Payload { ${result} } } }`;
  const { data, errors } = await query<Record<string, Result>>(document, { input });
  expect(errors).toBeUndefined();
  return data?.[name] as Result;
};

const outcomes = ({ results = [] }: Result) => results.map(({ outcome }) => outcome);

interface Exclusion {
  readonly userId: string;
  readonly end: object | null;
}

interface List {
  readonly totalCount: number;
  readonly nodes: readonly Exclusion[];
}

const listFields = `totalCount nodes { userId from to reason isExcludedNow user { userId }
  end { kind reason provenance { source sequence } }
  provenance { source line sequence recordedAt import { target } } }`;

const list = async ({ query }: OpenApp, args = 'first: 100'): Promise<List> => {
  const { data, errors } = await query<{ excludedUsers: List }>(`{ excludedUsers(${args}) { ${listFields} } }`);
  expect(errors).toBeUndefined();
  return data?.excludedUsers as List;
};

const idsOf = ({ nodes }: List) => nodes.map(({ userId }) => userId);

describe('excluded users over GraphQL', () => {
  it('are listed with their time, reason and provenance, and each id is judged alone', async () => {
    const opened = await fresh({ settings: { now: '2025-06-01T00:00:00Z' } });
    const input = { userIds: ['bot-1', '', 7, 'bot-1'], from: '2025-01-01T00:00:00Z', reason: ' bot ' };
    expect(await mutate(opened, 'excludeUsers', input)).toEqual({
      __typename: 'ExcludeUsersPayload',
      ...{ accepted: 2, duplicates: 1, conflicts: 0 },
      rejected: [{ target: 'EXCLUDED_USERS', raw: '{"user_id":"","from":"2025-01-01T00:00:00Z","reason":"bot"}' }],
      results: [
        { index: 0, outcome: 'CREATED', sequence: 1, problems: [] },
        {
          ...{ index: 1, outcome: 'REJECTED', sequence: null },
          problems: [{ path: 'userId', code: 'MISSING', message: 'userId is missing' }],
        },
        { index: 2, outcome: 'CREATED', sequence: 2, problems: [] },
        { index: 3, outcome: 'DUPLICATE', sequence: null, problems: [] },
      ],
      snapshot: { sequence: 2 },
    });
    const exclusion = {
      ...{ from: '2025-01-01T00:00:00Z', to: null, reason: 'bot', isExcludedNow: true, user: null, end: null },
      provenance: { source: 'api', line: null, recordedAt: '2025-06-01T00:00:00Z', import: null },
    };
    expect(await list(opened)).toMatchObject({
      totalCount: 2,
      nodes: [
        { ...exclusion, userId: 'bot-1', provenance: { ...exclusion.provenance, sequence: 1 } },
        { ...exclusion, userId: '7' },
      ],
    });
  });

  it('keep their times apart, each half-open', async () => {
    const opened = await fresh({ settings: { now: '2025-02-01T00:00:00Z' } });
    for (const [from, to] of [
      ['2025-01-01T00:00:00Z', '2025-02-01T00:00:00Z'],
      ['2025-02-01T00:00:00.000001Z', null],
    ])
      expect(outcomes(await mutate(opened, 'excludeUsers', { userIds: ['a'], from, to }))).toEqual(['CREATED']);
    expect((await list(opened)).nodes).toMatchObject([{ isExcludedNow: false }, { isExcludedNow: false }]);
    await mutate(opened, 'excludeUsers', { userIds: ['a'], from: '2025-02-01T00:00:00Z', to: '2025-03-01T00:00:00Z' });
    expect((await list(opened)).nodes).toMatchObject([
      { isExcludedNow: true, to: '2025-02-01T00:00:00Z' },
      { isExcludedNow: true },
      { isExcludedNow: true },
    ]);
    expect((await list(opened, 'asOf: { validAt: "2025-02-01T00:00:00Z" }')).totalCount).toBe(1);
    expect((await list(opened, 'asOf: { validAt: "2024-12-31T23:59:59.999999Z" }')).totalCount).toBe(0);
    expect((await list(opened, 'asOf: { validAt: "2025-02-15T00:00:00Z" }')).totalCount).toBe(2);
  });

  it('are duplicates when they are excluded already, and corrections with another reason', async () => {
    const opened = await fresh();
    const exclude = async (reason?: string) =>
      outcomes(await mutate(opened, 'excludeUsers', { userIds: ['a'], ...(reason === undefined ? {} : { reason }) }));
    expect(await exclude('bot')).toEqual(['CREATED']);
    expect(await exclude('bot')).toEqual(['DUPLICATE']);
    expect(await exclude()).toEqual(['DUPLICATE']);
    expect(await exclude('  ')).toEqual(['DUPLICATE']);
    expect(await exclude('staff')).toEqual(['CREATED']);
    expect(await list(opened)).toMatchObject({ totalCount: 1, nodes: [{ reason: 'staff', end: null }] });
    expect((await list(opened, 'includeEnded: true')).nodes).toMatchObject([
      { reason: 'bot', end: { kind: 'EXCLUDED', reason: 'staff', provenance: { sequence: 2 } } },
      { reason: 'staff', end: null },
    ]);
  });

  it('are included again as a whole; their history stays and answers as of then', async () => {
    const opened = await fresh();
    await mutate(opened, 'excludeUsers', { userIds: ['a', 'b'], reason: 'bot' });
    await mutate(opened, 'excludeUsers', { userIds: ['a'], to: '2020-01-01T00:00:00Z' });
    const included = await mutate(opened, 'includeUsers', { userIds: ['a', 'c', 'a'], reason: 'a person' });
    expect(included).toMatchObject({ __typename: 'IncludeUsersPayload', accepted: 1, duplicates: 2 });
    expect(outcomes(included)).toEqual(['CREATED', 'DUPLICATE', 'DUPLICATE']);
    expect(idsOf(await list(opened))).toEqual(['b']);
    expect(idsOf(await list(opened, 'asOf: { sequence: 3 }'))).toEqual(['a', 'b', 'a']);
    expect(idsOf(await list(opened, 'asOf: { sequence: 1 }'))).toEqual(['a']);
    expect(idsOf(await list(opened, 'userId: "a"'))).toEqual([]);
    expect(await list(opened, 'userId: "a", includeEnded: true')).toMatchObject({
      totalCount: 2,
      nodes: [
        { isExcludedNow: false, end: { kind: 'INCLUDED', reason: 'a person', provenance: { sequence: 4 } } },
        { isExcludedNow: false, end: { kind: 'INCLUDED' } },
      ],
    });
    expect(outcomes(await mutate(opened, 'excludeUsers', { userIds: ['a'], reason: 'bot' }))).toEqual(['CREATED']);
    expect(idsOf(await list(opened))).toEqual(['b', 'a']);
  });

  it.each([
    [{ from: '2025-01-02T00:00:00Z', to: '2025-01-01T00:00:00Z' }, 'to', 'OUT_OF_RANGE', 'to must be after from'],
    [{ from: '2025-01-01T00:00:00Z', to: '2025-01-01T00:00:00Z' }, 'to', 'OUT_OF_RANGE', 'to must be after from'],
    [{ reason: 'x'.repeat(1001) }, 'reason', 'MALFORMED', 'reason must be at most 1000 characters'],
    [{ reason: 'a\0b' }, 'reason', 'MALFORMED', 'reason must be at most 1000 characters'],
  ])('are refused as a whole for terms at fault: %j', async (terms, path, code, message) => {
    const opened = await fresh();
    const refused = await mutate(opened, 'excludeUsers', { userIds: ['a', 'b'], ...terms });
    expect(refused).toMatchObject({
      ...{ __typename: 'ValidationError', code: 'VALIDATION_FAILED' },
      message: expect.stringContaining(message),
      problems: [{ path, code }],
    });
    expect(opened.app.ledger.snapshot().sequence).toBe(0);
    expect((await list(opened)).totalCount).toBe(0);
  });

  it('are limited in number by a setting that the error names', async () => {
    const opened = await fresh({ settings: { recordsPerMutationMax: '2' } });
    for (const name of ['excludeUsers', 'includeUsers'] as const) {
      const refused = await mutate(opened, name, { userIds: ['a', 'b', 'c'] });
      expect(refused).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringMatching(/recordsPerMutationMax/),
      });
    }
    expect(await mutate(opened, 'excludeUsers', { userIds: [] })).toMatchObject({ accepted: 0, results: [] });
  });

  it('are nodes, and do not become known users', async () => {
    const opened = await fresh();
    await mutate(opened, 'excludeUsers', { userIds: ['bot-1', 'u'] });
    await mutate(opened, 'includeUsers', { userIds: ['bot-1'] });
    const { query } = opened;
    expect(await query('{ user(userId: "bot-1") { userId } users { totalCount } }')).toEqual({
      data: { user: null, users: { totalCount: 0 } },
    });
    await opened.importFile('events', { name: 'e.jsonl', text: JSON.stringify(event) });
    expect((await list(opened)).nodes).toMatchObject([{ userId: 'u', user: { userId: 'u' } }]);
    expect(opened.app.store.count(experimentEvents)).toBe(1);
    const node = async (sequence: number) => {
      const id = Buffer.from(`Exclusion:${sequence}`).toString('base64url');
      return (await query<{ node: object }>(`{ node(id: "${id}") { ... on Exclusion { userId } } }`)).data?.node;
    };
    expect([await node(2), await node(3), await node(9)]).toEqual([{ userId: 'u' }, null, null]);
  });
});

describe('a file of excluded users', () => {
  it('keeps source, line and reasons, rejects single rows, and adds nothing when it is imported again', async () => {
    const opened = await fresh({ onDisk: true });
    const rows = ['user_id;from;to;reason', 'bot-1;01.02.2025;;"Bot; alt"', 'bot-2;31.01.2025;01.01.2025;', 'me;;;'];
    const file = { name: 'bots.csv', text: rows.join('\n') };
    expect(await opened.importFile('excluded-users', file, { dryRun: true })).toMatchObject({
      accepted: 2,
      rejected: 1,
    });
    expect(opened.app.ledger.snapshot().sequence).toBe(0);
    expect(await opened.importFile('excluded-users', file)).toMatchObject({ accepted: 2, rejected: 1 });
    const provenance = { source: 'bots.csv', import: { target: 'EXCLUDED_USERS' } };
    expect((await list(opened)).nodes).toMatchObject([
      {
        ...{ userId: 'bot-1', from: '2025-02-01T00:00:00Z', to: null, reason: 'Bot; alt' },
        provenance: { ...provenance, line: 2, sequence: 1 },
      },
      { userId: 'me', from: null, to: null, reason: null, provenance: { ...provenance, line: 4 } },
    ]);
    const { query } = opened;
    expect(await query('{ rejectedRecords(target: EXCLUDED_USERS) { nodes { line raw problems { path } } } }')).toEqual(
      {
        data: {
          rejectedRecords: { nodes: [{ line: 3, raw: 'bot-2;31.01.2025;01.01.2025;', problems: [{ path: 'to' }] }] },
        },
      },
    );
    await mutate(opened, 'includeUsers', { userIds: ['me'] });
    expect(await opened.importFile('excluded-users', file)).toMatchObject({ accepted: 0, unchanged: 2, rejected: 1 });
    expect(idsOf(await list(opened))).toEqual(['bot-1']);
    // Other bytes are another file.
    const later = { name: 'bots.csv', text: `${file.text}\n` };
    expect(await opened.importFile('excluded-users', later)).toMatchObject({ accepted: 1, unchanged: 1, rejected: 1 });
    expect(idsOf(await list(opened))).toEqual(['bot-1', 'me']);
    expect(opened.app.store.verify().problems).toEqual([]);
  });

  it.each([
    ['one column', 'user_id\nbot-1\n007\n', ['bot-1 - -', '007 - -']],
    ['columns in any order and more of them', 'team,to,user_id\nqa,2025-01-02,a\n', ['a - 2025-01-02T00:00:00Z']],
    [
      'a time without start or end',
      'user_id,from,to\na,2025-01-01,9999-12-31 23:59:59\nb,0001-01-01,9999-12-31\nc,,31.12.9999\nd,-infinity,infinity\n',
      ['a 2025-01-01T00:00:00Z -', 'b - -', 'c - -', 'd - -'],
    ],
    ['markers of missing values', 'user_id,from,to,reason\na,NULL,n/a,-\n', ['a - -']],
    ['exclusions and inclusions in order', 'user_id,action\na,exclude\nb,\na,include\n', ['b - -']],
    ['JSON', '[{"user_id": 7, "from": "2025-01-01T01:00:00+01:00"}]', ['7 2025-01-01T00:00:00Z -']],
    ['JSON Lines', '{"user_id": "a", "to": null}\n{"user_id": "b"}\n', ['a - -', 'b - -']],
  ])('is read with %s', async (_what, text, expected) => {
    const opened = await fresh();
    expect(await opened.importFile('excluded-users', { name: 'f', text })).toMatchObject({ state: 'SUCCEEDED' });
    const { rows } = opened.app.domains.excludedUsers.page({}, { limit: 10, fromEnd: false });
    const iso = (us: number | null) => (us === null ? '-' : new Date(us / 1000).toISOString().replace('.000', ''));
    expect(rows.map(({ userId, fromUs, toUs }) => `${userId} ${iso(fromUs)} ${iso(toUs)}`)).toEqual(expected);
  });
});

it('excluded users are a table of SQL, with whether each exclusion is current as of the state', async () => {
  const opened = await fresh();
  await mutate(opened, 'excludeUsers', { userIds: ['a', 'b'], from: '2025-01-01T00:00:00Z', reason: 'bot' });
  await mutate(opened, 'includeUsers', { userIds: ['a'] });
  const rows = async (asOf: object | null) => {
    const text = 'select seq, user_id, kind, valid_from, valid_to, reason, is_current from excluded_users order by seq';
    const document = 'query ($text: String!, $asOf: AsOfInput) { sql(query: $text, asOf: $asOf) { rows } }';
    const { data } = await opened.query<{ sql: { rows: Record<string, unknown>[] } }>(document, { text, asOf });
    return data?.sql.rows.map((row) => Object.values(row).join(' '));
  };
  const [a, b] = ['a', 'b'].map((id, index) => `${index + 1} ${id} EXCLUDED 2025-01-01T00:00:00Z  bot`);
  expect(await rows(null)).toEqual([`${a} false`, `${b} true`, '3 a INCLUDED    false']);
  expect(await rows({ sequence: 2 })).toEqual([`${a} true`, `${b} true`]);
});
