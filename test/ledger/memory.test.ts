import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { conversations, followups, userFiles } from '../../db/tables/index.ts';
import { createRandom } from '../../src/demo/random.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { dataFolder } from '../support/store.ts';

/** Just below a capacity to which columns grow, so that little of what is measured is spare. */
const records = 15_800;
const users = 2500;
const random = createRandom(17);

const dayOf = (row: number): string => new Date(Date.UTC(2020, 0, 1) + row * 3_600_000).toISOString();
const userOf = (): string => `user-${1000 + random.below(users)}`;
const ipOf = (): string => `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;

/** The files to import, each with its header and the line of a row. */
const files: Readonly<Record<string, { readonly head: string; line(row: number): string }>> = {
  users: { head: 'user_id,country,gender', line: (row) => `user-${1000 + (row % users)},c${row % 40},f` },
  'user-status': {
    head: 'user_id,created_at,status',
    line: (row) => `${userOf()},${dayOf(row)},${['paying', 'cancelled'][row % 2]}`,
  },
  'excluded-users': {
    head: 'user_id,from,to,reason',
    line: (row) => `user-${1000 + (row % users)},${dayOf(row)},${dayOf(row + 1)},test`,
  },
  'ip-ranges': {
    head: 'start,end,city',
    line: (row) => `10.${row >>> 8}.${row % 256}.0,10.${row >>> 8}.${row % 256}.${100 + (row % 100)},city-${row % 500}`,
  },
  transactions: {
    head: 'click_id,created_at,product_id,product_price,user_id,ip',
    line: (row) => `t${row},${dayOf(row)},p${row % 500},${row % 90}.50,${userOf()},${ipOf()}`,
  },
  events: {
    head: 'event_id,user_id,account_type,date,event_type,order_value,version',
    line: (row) => `e${row},${userOf()},free,${dayOf(row)},order,19.99,${row % 2 ? 'A' : 'B'}`,
  },
};

/** Users with a file and an image each, just below a capacity too; every name is that of a few users. */
const usersWithFiles = 2000;

const fillUserFiles = ({ app: { domains, ledger } }: OpenApp): Promise<void> =>
  ledger.write((tx) => {
    const row = { importId: 1_000_000, line: null, version: '1', outcome: 'TAKEN' } as const;
    const noDetails = { firstName: null, lastName: null, birthMs: null };
    const noImage = { sha256: null, contentType: null, width: null, height: null, byteSize: null };
    for (let user = 0; user < usersWithFiles; user++) {
      const userId = `user-${1000 + user}`;
      const details = { firstName: `First${user % 499}`, lastName: `Last${user % 997}`, birthMs: user * 86_400_000 };
      const sha256 = createHash('sha256').update(userId).digest('hex');
      const image = { sha256, contentType: 'image/png', width: 64, height: 64, byteSize: 9000 + user };
      tx.append(userFiles, { ...row, ...noImage, ...details, name: `${userId}.csv`, userId, kind: 'CSV' });
      tx.append(userFiles, { ...row, ...noDetails, ...image, name: `${userId}.png`, userId, kind: 'IMAGE' });
    }
    const counts = { processed: usersWithFiles, updated: usersWithFiles, unchanged: 0, removed: 0, rejected: 0 };
    domains.userFiles.publish(tx, row.importId, counts);
  });

const fill = async (opened: OpenApp): Promise<void> => {
  await fillUserFiles(opened);
  for (const [target, { head, line }] of Object.entries(files)) {
    const text = [head, ...Array.from({ length: records }, (_, row) => line(row))].join('\n');
    const { state, failureMessage } = await opened.importFile(target, { name: `${target}.csv`, text });
    expect({ target, state, failureMessage }).toMatchObject({ state: 'SUCCEEDED' });
  }
  for (let row = 0; row < records; row += 100)
    await opened.app.ledger.write((tx) => {
      for (let index = row; index < row + 100; index++) {
        const uuid = `${(0x10000000 + index).toString(16)}-8d9e-4c11-9f4e-2f3f7f0a6d11`;
        tx.append(conversations, { uuid, symbol: 'aeiou'[index % 5] as string, isVowelGuess: index % 3 === 0 });
        tx.append(followups, { uuid });
      }
    });
};

/** The figures of the documentation, by index: those with ClickHouse in the test project of that name. */
const documentedBytes = (): Map<string, number> => {
  const page = readFileSync(new URL('../../docs/explanation/benchmarks.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| [^|]+ \| `([a-z-]+)` \| ([\d.]+) \| ([\d.]+|–) \|/gm);
  const column = inject('clickhouse') === undefined ? 2 : 3;
  return new Map(
    Array.from(rows, (row): [string, number] => [row[1] as string, Number(row[column])]).filter(
      ([, bytes]) => bytes > 0,
    ),
  );
};

/** They need all that facts are joined to. */
const aggregates = `{
  transactions: enrichedAggregate(source: TRANSACTIONS, groupBy: [USER_STATUS, CITY, COUNTRY, HAS_IMAGE]) { totalCount }
  events: enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: [USER_STATUS, COUNTRY, HAS_IMAGE, EXPERIMENT]) { totalCount }
}`;

it('keeps as many bytes of each record in memory as the documentation says, within a tenth', async () => {
  const data = dataFolder();
  const patient = { queryMsMax: '300000', clickhouseMsMax: '300000', clickhouseWaitMs: '300000' };
  const settings = { indexFileStopRecords: '100000000', ...patient };
  const first = await openApp({ data, settings });
  await fill(first);
  await first.close();
  const opened = await openApp({ data, settings });
  try {
    expect((await opened.query(aggregates)).errors).toBeUndefined();
    const found = new Map(
      opened.app.ledger.indexStates().map(({ name, entries, bytes }) => [name, bytes / Math.max(entries, 1)]),
    );
    const figures = documentedBytes();
    expect([...figures.keys()].sort()).toEqual([...found.keys()].sort());
    // A figure that is too high would let memory grow.
    const wrong = [...found].filter(([name, bytes]) => Math.abs(bytes / (figures.get(name) as number) - 1) > 0.1);
    expect(wrong).toEqual([]);
  } finally {
    await opened.close();
  }
});
