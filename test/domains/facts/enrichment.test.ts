import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFactColumns } from '../../../src/domains/facts/memory/columns.ts';
import { createEnrichment } from '../../../src/domains/facts/memory/enrichment.ts';
import type { Join } from '../../../src/domains/facts/memory/join.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';

const users = 5;

/** Facts of few users, a join that depends on the user and one that depends on a table, and a ledger that only counts. */
const createModel = () => {
  const facts = createFactColumns();
  const statuses = new Array<number>(users).fill(0);
  let table = { factor: 1 };
  let sequence = 0;
  const changed: ((user: number) => void)[] = [];
  const filled = { status: 0, city: 0 };
  const status: Join = {
    name: 'status',
    allocate: (rows) => new Uint8Array(rows),
    basis: () => null,
    basisAt: () => null,
    readKeys: facts.readUsersFrom,
    fill({ rows, codes, keys }) {
      filled.status += rows.length;
      // Where they are at hand they are those of the same rows.
      const usersOfRows = keys ? Array.from(keys) : Array.from(rows, facts.userOf);
      codes.set(usersOfRows.map((user) => statuses[user] as number));
    },
    onChange: (listener) => void changed.push(listener),
  };
  const city: Join<typeof table> = {
    name: 'city',
    allocate: (rows) => new Uint32Array(rows),
    basis: () => table,
    basisAt: () => table,
    fill({ rows, codes }, { factor }) {
      filled.city += rows.length;
      codes.set(Array.from(rows, (row) => factor * (row + 1)));
    },
  };
  const ledger = { snapshot: () => ({ sequence, atUs: sequence }), resolveSequence: () => sequence };
  return {
    filled,
    enrichment: createEnrichment(ledger as unknown as Ledger, facts, [status, city] as Join[]),
    add(user: number) {
      sequence += 1;
      const seqs = Float64Array.of(sequence);
      const amounts = Float64Array.of(Number.NaN);
      facts.append(
        { seqs, users: Int32Array.of(user), occurredAtUs: seqs, recordedAtUs: seqs, amounts },
        { futureToleranceMs: 0 },
      );
    },
    change(user: number) {
      sequence += 1;
      statuses[user] = sequence % 200;
      for (const listener of changed) listener(user);
    },
    replaceTable() {
      sequence += 1;
      table = { factor: sequence };
    },
    expected: () => ({
      status: Array.from({ length: facts.rows }, (_, row) => statuses[facts.userOf(row)]),
      city: Array.from({ length: facts.rows }, (_, row) => table.factor * (row + 1)),
    }),
  };
};

const names = ['status', 'city'] as const;

const step = fc.oneof(
  fc.record({ add: fc.array(fc.nat(users - 1), { minLength: 1, maxLength: 40 }) }),
  fc.record({ change: fc.nat(users - 1) }),
  fc.constant({ replaceTable: true }),
  fc.record({ question: fc.subarray([...names]) }),
);

it('a question gets the newest values of the joins that it needs, whatever others have needed before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const model = createModel();
      for (const each of [...steps, { question: [...names] }]) {
        if ('add' in each) for (const user of each.add) model.add(user);
        else if ('change' in each) model.change(each.change);
        else if ('replaceTable' in each) model.replaceTable();
        else {
          const { rows, codeBy } = await model.enrichment.at({}, new Set(each.question));
          const expected = model.expected();
          for (const name of each.question) {
            const codeOf = codeBy(name);
            expect(Array.from({ length: rows }, (_, row) => codeOf(row))).toEqual(expected[name]);
          }
          for (const name of names) if (!each.question.includes(name)) expect(() => codeBy(name)).toThrow(name);
        }
      }
    }),
  );
});

it('a question joins nothing that it does not need, and nothing twice', async () => {
  const model = createModel();
  for (let fact = 0; fact < 1000; fact++) model.add(fact % users);
  await model.enrichment.at({}, new Set(['status']));
  expect(model.filled).toEqual({ status: 1000, city: 0 });
  model.change(0);
  await model.enrichment.at({}, new Set(['city']));
  expect(model.filled).toEqual({ status: 1000, city: 1000 });
  await model.enrichment.warm();
  expect(model.filled).toEqual({ status: 1200, city: 1000 });
});

it('many facts are joined in the order of their keys, each to its own code', async () => {
  const model = createModel();
  const check = async (): Promise<void> => {
    const { rows, codeBy, readerBy } = await model.enrichment.at();
    const expected = model.expected();
    for (const name of names) {
      const codes = new Uint32Array(rows);
      readerBy?.(name)(Uint32Array.from(codes.keys()), codes);
      expect(Array.from({ length: rows }, (_, row) => codeBy(name)(row))).toEqual(expected[name]);
      expect([...codes]).toEqual(expected[name]);
    }
  };
  for (let fact = 0; fact < 40_000; fact++) model.add((fact * 7) % users);
  await check();
  const before = await model.enrichment.at();
  const expectedBefore = model.expected();
  // Of the rows of this user some are in chunks that are full, and others in the last one.
  model.change(3);
  for (let fact = 0; fact < 20_000; fact++) model.add((fact * 3) % users);
  await check();
  model.replaceTable();
  model.add(1);
  await check();
  // Whoever reads the earlier state reads what it was.
  for (const name of names)
    expect(Array.from({ length: before.rows }, (_, row) => before.codeBy(name)(row))).toEqual(expectedBefore[name]);
});
