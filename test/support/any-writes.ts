import fc from 'fast-check';
import { userFiles } from '../../db/tables/user-files.ts';
import type { OpenApp } from './app.ts';

// Few users, addresses and conversations, so that corrections and replacements are frequent.
const userId: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c');
const day = fc.integer({ min: 1, max: 5 }).map((number) => `2020-06-0${number}`);
const uuid = fc.integer({ min: 0, max: 4 }).map((number) => `00000000-0000-4000-8000-00000000000${number}`);
const range = fc
  .tuple(fc.nat(9), fc.nat(9), fc.constantFrom('london', 'munich', 'oslo'))
  .map(([a, b, city]) => `10.0.0.${Math.min(a, b)},10.0.0.${Math.max(a, b)},${city}`);

/** A write of any kind. */
export const anyWrite = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), userId, day, status: fc.constantFrom('paying', 'cancelled') }),
  fc.record({ kind: fc.constant('profile' as const), userId, country: fc.constantFrom('SE', 'DE') }),
  fc.record({
    kind: fc.constant('file' as const),
    userId,
    name: fc.constantFrom('Ada', 'Bo', 'Zoe'),
    year: fc.constantFrom(1980, 2000),
    image: fc.boolean(),
    removed: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('table' as const), ranges: fc.array(range, { minLength: 1, maxLength: 4 }) }),
  fc.record({
    kind: fc.constant('purchase' as const),
    userId,
    day,
    host: fc.nat(9),
    price: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant('start' as const), uuid, symbol: fc.constantFrom('a', 'e', 'x') }),
  fc.record({ kind: fc.constant('followup' as const), uuid }),
);
export type AnyWrite = typeof anyWrite extends fc.Arbitrary<infer W> ? W : never;

const digest = 'a'.repeat(64);

/** Publishes the file of a user, and perhaps an image, as a synchronization does. */
const publishFile = (opened: OpenApp, each: Extract<AnyWrite, { kind: 'file' }>, importId: number) =>
  opened.app.ledger.write((tx) => {
    const { userId, name, year, image, removed } = each;
    const row = { importId, line: null, userId, version: 'v' } as const;
    const details = { firstName: name, lastName: 'King', birthMs: Date.UTC(year, 0, 1) };
    const noDetails = { firstName: null, lastName: null, birthMs: null };
    const noImage = { sha256: null, contentType: null, width: null, height: null, byteSize: null };
    const content = { sha256: digest, contentType: 'image/png', width: 1, height: 1, byteSize: 9 };
    const file = { ...row, name: `${userId}.csv`, kind: 'CSV', ...noImage } as const;
    tx.append(userFiles, { ...file, ...(removed ? noDetails : details), outcome: removed ? 'REMOVED' : 'TAKEN' });
    const picture = { ...row, name: `${userId}.png`, kind: 'IMAGE', ...noDetails } as const;
    const present = image && !removed;
    tx.append(userFiles, { ...picture, ...(present ? content : noImage), outcome: present ? 'TAKEN' : 'REMOVED' });
    opened.app.domains.userFiles.publish(tx, importId, {
      processed: 1,
      updated: 1,
      unchanged: 0,
      removed: 0,
      rejected: 0,
    });
  });

/** The target and the lines of the file of a write. */
const fileOf = (
  each: Exclude<AnyWrite, { kind: 'start' | 'followup' | 'file' }>,
  number: number,
): [string, ...string[]] => {
  switch (each.kind) {
    case 'status':
      return ['user-status', 'user_id,created_at,status', `${each.userId},${each.day},${each.status}`];
    case 'profile':
      return ['users', 'user_id,country', `${each.userId},${each.country}`];
    case 'table':
      return ['ip-ranges', 'start,end,city', ...each.ranges];
    case 'purchase': {
      const row = [`t${number}`, each.userId, each.day, 'p', each.price, `10.0.0.${each.host}`];
      return ['transactions', 'click_id,user_id,created_at,product_id,product_price,ip', row.join()];
    }
  }
};

/** Performs a write; `number` distinguishes it from the others. */
export const perform = async (opened: OpenApp, each: AnyWrite, number: number): Promise<void> => {
  const { conversations } = opened.app.domains;
  if (each.kind === 'start') await conversations.start(each.uuid, each.symbol).catch(() => undefined);
  else if (each.kind === 'followup') await conversations.followUp(each.uuid);
  else if (each.kind === 'file') await publishFile(opened, each, 1000 + number);
  else {
    const [target, ...lines] = fileOf(each, number);
    await opened.importFile(target, { name: `${number}.csv`, text: lines.join('\n') });
  }
};
