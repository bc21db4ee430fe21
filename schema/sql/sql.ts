import { valueFromASTUntyped } from 'graphql';
import type { SqlCell, SqlResultColumn, SqlRows } from '../../db/datasets/sql/engine.ts';
import type { SqlContext } from '../../src/domains/sql/sql.ts';
import { DomainError } from '../../src/errors.ts';
import { readParameters } from '../../src/lib/sql-parameters.ts';
import { builder } from '../builder.ts';
import { SnapshotType } from '../provenance.ts';
import { asOfOf } from '../snapshot.ts';
import { AsOfInput } from '../time.ts';

builder.scalarType('SqlParameters', {
  description:
    'Values of the parameters of a query: a list for `$1`, `$2` or the question marks in order, or an object for names such as `$from`. Values are text, numbers, booleans or null; text is read by the type that the query compares it with, so dates, and numbers that a double cannot hold, are sent as text.',
  serialize: () => {
    throw new Error('parameters are input only');
  },
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

builder.scalarType('SqlRow', {
  description:
    'A row of a result: an object with the value of each column. Decimals, and whole numbers beyond 2^53, are text; instants and dates are ISO text; nested values are lists and objects.',
  serialize: (value) => value,
});

const SqlColumnType = builder.objectRef<SqlResultColumn>('SqlColumn').implement({
  description: 'A column of a result.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Its name, unique without regard to case: a second `a` is `a_1`.',
    }),
    type: t.exposeString('type', { description: 'Its type as DuckDB names it, e.g. `DECIMAL(38,6)`.' }),
  }),
});

const rowOf = (columns: readonly SqlResultColumn[], cells: readonly SqlCell[]): Readonly<Record<string, SqlCell>> => {
  // Without a prototype, `__proto__` is a name like any other.
  const row: Record<string, SqlCell> = Object.create(null);
  for (const [index, { name }] of columns.entries()) row[name] = cells[index] ?? null;
  return row;
};

const SqlResultType = builder.objectRef<SqlRows & SqlContext>('SqlResult').implement({
  description: 'The result of a query in SQL.',
  fields: (t) => ({
    columns: t.field({
      type: [SqlColumnType],
      description: 'Its columns in order.',
      resolve: ({ columns }) => [...columns],
    }),
    rows: t.field({
      type: ['SqlRow'],
      description: 'Its rows.',
      resolve: ({ columns, rows }) => rows.map((cells) => rowOf(columns, cells)),
    }),
    rowCount: t.exposeInt('rowCount', { description: 'Number of `rows`.' }),
    isTruncated: t.exposeBoolean('isTruncated', { description: 'Whether the query has more rows than `first`.' }),
    warnings: t.stringList({
      description: 'What the query does not see: cells that did not fit the type of their column.',
      resolve: ({ warnings }) => [...warnings],
    }),
    snapshot: t.field({
      type: SnapshotType,
      description:
        'The snapshot of the facts; pass its `sequence` as `asOf.sequence` to query the same facts again later.',
      resolve: ({ sequence }, _args, { ledger }) => ledger.snapshotAt(sequence),
    }),
  }),
});

builder.queryField('sql', (t) =>
  t.field({
    type: SqlResultType,
    extensions: { goesThroughAllFacts: true },
    description:
      'Runs one SELECT statement in the dialect of DuckDB. Its tables are the datasets (`games` is the newest version, `"games@2"` another one) and the facts: `transactions`, `experiment_events`, `users`, `status_changes`, `conversations`, `followups`. `POST /sql` returns larger results, also as CSV, NDJSON and Parquet.',
    args: {
      query: t.arg.string({ required: true, description: 'The statement.' }),
      parameters: t.arg({ type: 'SqlParameters', description: 'Values of its parameters.' }),
      first: t.arg.int({
        required: true,
        defaultValue: 100,
        description: 'Maximum number of rows; at most pageSizeMax (1000).',
      }),
      asOf: t.arg({
        type: AsOfInput,
        description:
          'The valid time and the snapshot of the facts; default: the facts’ own time and the newest snapshot.',
      }),
    },
    resolve: async (
      _root,
      { query, parameters, first, asOf },
      { sql, ledger, config: { pageSizeMax }, yieldAfter, work },
    ) => {
      if (first > pageSizeMax)
        throw new DomainError('LIMIT_EXCEEDED', `first must be at most ${pageSizeMax} (setting pageSizeMax)`);
      const values = readParameters(parameters);
      const request = { text: query, parameters: values, first, asOf: asOfOf(asOf, ledger) };
      const result = await sql.rows(request, work);
      await yieldAfter(result.rowCount);
      return result;
    },
  }),
);
