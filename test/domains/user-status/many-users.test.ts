import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';

const document = `query ($userIds: [ID!]!, $at: DateTime!, $asOf: AsOfInput) {
  userStatuses(userIds: $userIds, at: $at, asOf: $asOf) {
    userId at status validFrom validTo user { userId } explanation { rule decidedBy { status } }
  }
}`;

interface Answer {
  readonly userStatuses: readonly { readonly userId: string; readonly status: string }[];
}

const single = document
  .replace('$userIds: [ID!]!', '$userId: ID!')
  .replace('userStatuses(userIds: $userIds, at: $at', 'userStatus(userId: $userId, date: $at');

const withChanges = async (settings: Record<string, string> = {}) => {
  const opened = await openApp({ settings });
  onTestFinished(opened.close);
  const lines = Array.from({ length: 60 }, (_, row) => `u${row % 20},2020-0${1 + (row % 7)}-01,${words[row % 3]}`);
  const text = ['user_id,created_at,status', ...lines].join('\n');
  await opened.importFile('user-status', { name: 'changes.csv', text });
  return opened;
};

const words = ['paying', 'cancelled', 'non-paying'];
const at = '2020-04-01T00:00:00Z';
const userIds = Array.from({ length: 1000 }, (_, index) => `u${(index * 7) % 30}`);

it('answers a thousand users as each of them alone, unknown and repeated ones too, also in an earlier snapshot', async () => {
  const opened = await withChanges();
  const { sequence } = opened.app.ledger.snapshot();
  const before = (await opened.query<Answer>(document, { userIds, at })).data?.userStatuses;
  expect(before?.map(({ userId }) => userId)).toEqual(userIds);
  expect(new Set(before?.map(({ status }) => status))).toEqual(new Set(['PAYING', 'CANCELLED', 'NON_PAYING']));
  for (const index of [0, 1, 2, 3, 4, 25, 999]) {
    const { data } = await opened.query<{ userStatus: unknown }>(single, { userId: userIds[index], at });
    expect(before?.[index]).toEqual(data?.userStatus);
  }
  const text = `user_id,created_at,status\n${userIds.slice(0, 30).join(',2020-03-31,cancelled\n')},2020-03-31,cancelled\n`;
  await opened.importFile('user-status', { name: 'later.csv', text });
  const then = await opened.query<Answer>(document, { userIds, at, asOf: { sequence } });
  expect(then.data?.userStatuses.map(({ status }) => status)).toEqual(before?.map(({ status }) => status));
  const now = await opened.query<Answer>(document, { userIds, at });
  expect(now.data?.userStatuses.map(({ status }) => status)).not.toEqual(before?.map(({ status }) => status));
});

it('refuses ids that no user can have, by their positions, and more users than a page may have', async () => {
  const opened = await withChanges({ pageSizeMax: '2' });
  const malformed = await opened.query(document, { userIds: ['u1', ''], at });
  expect(malformed.errors?.[0]).toMatchObject({
    message: 'userIds.1 must be 1 to 256 characters of well-formed text without NUL',
    extensions: { code: 'BAD_REQUEST', problems: [{ path: 'userIds.1', code: 'MALFORMED' }] },
  });
  const many = await opened.query(document, { userIds: ['u1', 'u2', 'u3'], at });
  expect(many.errors?.[0]).toMatchObject({
    message: 'userIds must be at most 2 (setting pageSizeMax)',
    extensions: { code: 'LIMIT_EXCEEDED' },
  });
});

it('finds what each of many users alone has, with ids of every width, repeats and unknown users, in every snapshot', async () => {
  const opened = await openApp();
  onTestFinished(opened.close);
  const known = ['u', 'ж', 'é', '漢字', '𝄞', 'ж'.repeat(256), 'a'.repeat(256), 'a'.repeat(255), '0', '00'];
  const many = Array.from({ length: 3000 }, (_, index) => `${index}`);
  const rows = [...many, ...known, ...known, ...known].map((userId, row) => ({
    user_id: userId,
    created_at: `2020-0${1 + ((row * 5) % 7)}-01T00:00:00Z`,
    status: words[row % 3],
  }));
  await opened.importFile('user-status', { name: 'changes.json', text: JSON.stringify(rows) });
  const { userStatus } = opened.app.domains;
  const { sequence: newest } = opened.app.ledger.snapshot();
  const id = fc.oneof(
    fc.constantFrom(...known, 'unknown', 'ж'.repeat(255), 'é漢'),
    fc.nat(4000).map(String),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  );
  const atMonth = fc.nat(8).map((month) => Date.UTC(2019, 11 + month, 1) * 1000);
  fc.assert(
    fc.property(
      fc.array(id, { maxLength: 40 }),
      fc.constantFrom(1, 40),
      atMonth,
      fc.nat(newest),
      (drawn, repeats, atUs, sequence) => {
        const ids = Array.from({ length: repeats }, () => drawn).flat();
        for (const knowledge of [{}, { sequence }]) {
          const batch = userStatus.statusesAt(ids, atUs, knowledge);
          for (const [index, userId] of ids.entries())
            expect({
              ...{ userId, atUs: batch.atUs, sequence: batch.sequence, status: batch.statusAt(index) },
              ...{ validFromUs: batch.validFromUsAt(index), validToUs: batch.validToUsAt(index) },
              decidedBySeq: batch.decidedBySeqAt(index),
            }).toEqual(userStatus.statusAt(userId, atUs, knowledge));
        }
      },
    ),
    { numRuns: 40 },
  );
});
