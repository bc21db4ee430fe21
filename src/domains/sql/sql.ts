import type {
  SqlEngine,
  SqlFile,
  SqlReferences,
  SqlRequest,
  SqlRows,
  SqlSource,
} from '../../../db/datasets/sql/engine.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { SqlFormat } from '../../lib/sql-formats.ts';
import type { SqlParameters } from '../../lib/sql-parameters.ts';
import type { Work } from '../../lib/work.ts';
import type { DatasetVersion } from '../datasets/columns.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { AsOf } from '../facts/engine.ts';
import type { UsedColumns } from './enriched-table.ts';
import { createFactTables, type FactTable, type FactTableServices } from './fact-tables.ts';
import { datasetSource, type NamedTable, resolveNames } from './names.ts';

export interface SqlLimits {
  readonly sqlRowsMax: number;
}

export interface SqlServices extends FactTableServices {
  readonly ledger: Ledger;
  readonly datasets: Datasets;
  readonly sqlEngine: SqlEngine;
  readonly limits: SqlLimits;
}

export interface SqlQuery {
  readonly text: string;
  readonly parameters: SqlParameters;
  /** Maximum number of rows; default is the setting sqlRowsMax. */
  readonly first?: number | undefined;
  /** The state of the facts. */
  readonly asOf?: AsOf | undefined;
}

/** What belongs to every result. */
export interface SqlContext {
  /** The sequence number up to which facts were used. */
  readonly sequence: number;
  /** What the result leaves out. */
  readonly warnings: readonly string[];
}

interface PreparedQuery {
  readonly request: SqlRequest;
  readonly context: SqlContext;
  readonly versions: readonly DatasetVersion[];
  /** Lets retention remove the versions that the query reads; called once the query has ended. */
  readonly release: () => void;
}

/** Answers SELECT statements over datasets and facts. */
export class Sql {
  readonly #services: SqlServices;
  readonly #factTables: readonly FactTable[];

  constructor(services: SqlServices) {
    this.#services = services;
    this.#factTables = createFactTables(services);
  }

  /**
   * Runs one SELECT statement. Throws BAD_REQUEST for a query that is malformed, not allowed or names unknown tables, and
   * LIMIT_EXCEEDED beyond a limit, which the message names.
   */
  async rows(query: SqlQuery, work: Work): Promise<SqlRows & SqlContext> {
    return this.#run(query, work, (request) => this.#services.sqlEngine.rows(request, work));
  }

  /** Like `rows`, with the rows in a file that the caller removes. */
  async file(query: SqlQuery, format: SqlFormat, work: Work): Promise<SqlFile & SqlContext> {
    return this.#run(query, work, (request) => this.#services.sqlEngine.file(request, format, work));
  }

  async #run<R>(query: SqlQuery, work: Work, run: (request: SqlRequest) => Promise<R>): Promise<R & SqlContext> {
    const { request, context, versions, release } = await this.#prepare(query, work);
    try {
      for (const version of versions) await this.#services.datasets.checkFile(version);
      return { ...(await run(request)), ...context };
    } finally {
      release();
    }
  }

  async #prepare({ text, parameters, first, asOf = {} }: SqlQuery, work: Work): Promise<PreparedQuery> {
    const { ledger, datasets, sqlEngine, limits } = this.#services;
    const rowsMax = first ?? limits.sqlRowsMax;
    if (!(Number.isInteger(rowsMax) && rowsMax >= 1))
      throw new DomainError('BAD_REQUEST', 'first must be a whole number of at least 1');
    if (rowsMax > limits.sqlRowsMax)
      throw new DomainError('LIMIT_EXCEEDED', `first must be at most ${limits.sqlRowsMax} (setting sqlRowsMax)`);
    const sequence = ledger.resolveSequence(asOf);
    const references = await sqlEngine.check(text, work);
    const named = resolveNames(references.tables, this.#factTables, datasets);
    const sources = named.map((each) => sourceOf(each, { sequence, asOf, used: references.columns }));
    const releases = named.map((each) => ('version' in each ? datasets.holdVersion(each.version) : () => undefined));
    return {
      release: () => {
        for (const release of releases) release();
      },
      versions: named.flatMap((each) => ('version' in each ? [each.version] : [])),
      request: { text, parameters, sources, rowsMax },
      context: { sequence, warnings: named.flatMap((each) => misfitWarnings(each, references)) },
    };
  }
}

interface SourceState {
  readonly sequence: number;
  readonly asOf: AsOf;
  readonly used: UsedColumns;
}

const sourceOf = (named: NamedTable, { sequence, asOf, used }: SourceState): SqlSource => {
  if ('version' in named) return datasetSource(named.name, named.version);
  const { facts, stateAt } = named.table;
  return { name: named.name, facts, state: stateAt(sequence, asOf, used) };
};

/** Cells that do not fit the type of their column are NULL, which no query can see. */
const misfitWarnings = (named: NamedTable, { columns: used }: SqlReferences): readonly string[] =>
  'version' in named
    ? named.version.columns
        .filter(
          ({ name, field, misfits }) =>
            misfits > 0 && (!used || [name, field].some((each) => used.has(each.toLowerCase()))),
        )
        .map(({ name, type, misfits }) => {
          const cells = misfits === 1 ? '1 cell' : `${misfits} cells`;
          return `${cells} of the column ${JSON.stringify(name)} of ${JSON.stringify(named.name)} did not fit the type ${type}; the query sees NULL`;
        })
    : [];
