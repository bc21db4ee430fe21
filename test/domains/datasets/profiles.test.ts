import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv } from '../../support/datasets.ts';

/** With seven fields each they are more than the queries that may wait. */
const columns = 60;
const rows = 20;

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp();
  const names = Array.from({ length: columns }, (_, column) => `c${column}`);
  const lines = Array.from({ length: rows }, (_, row) => names.map((_name, column) => row * column).join());
  await importCsv(opened, 'wide', `${names.join()}\n${lines.join('\n')}\n`);
});
afterAll(() => opened.close());

interface Profiles {
  readonly dataset: {
    readonly columns: readonly {
      readonly profile: { readonly distinctCount: number; readonly min: number; readonly max: number };
    }[];
  };
}

it('all columns of a wide dataset are described in one request, and in several at once', async () => {
  const ask = () =>
    opened.query<Profiles>(
      '{ dataset(name: "wide") { columns { profile { distinctCount min max mean median histogram { count } mostCommon { count } } } } }',
    );
  for (const { data, errors } of await Promise.all([ask(), ask(), ask()])) {
    expect(errors).toBeUndefined();
    const found = data?.dataset.columns.map(({ profile: { distinctCount, min, max } }) => [distinctCount, min, max]);
    expect(found).toEqual(
      Array.from({ length: columns }, (_, column) => [column === 0 ? 1 : rows, 0, (rows - 1) * column]),
    );
  }
});
