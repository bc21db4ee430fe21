import type {
  ChangesRequest,
  ChangesResult,
  DatasetEngine,
  DifferenceRequest,
  DifferenceResult,
  RowChange,
  TableQueries,
} from '../../../db/datasets/engine.ts';
import type { Work } from '../../lib/work.ts';
import type { DatasetVersion } from './columns.ts';
import type { VersionRetention } from './retention.ts';
import type { VersionTables } from './version-tables.ts';

interface DifferenceServices {
  readonly engine: DatasetEngine;
  readonly tables: VersionTables;
  readonly retention: VersionRetention;
}

/** Two versions of a dataset; their order says what was added and what was removed. */
export interface VersionPair {
  readonly from: DatasetVersion;
  readonly to: DatasetVersion;
}

export interface VersionChange extends RowChange, VersionPair {}

export interface ChangesPage extends Omit<ChangesResult, 'changes'> {
  readonly changes: readonly VersionChange[];
}

/** What changed between two versions. Rows are matched on the key columns of the later one. */
export class DatasetDifferences {
  readonly #services: DifferenceServices;

  constructor(services: DifferenceServices) {
    this.#services = services;
  }

  counts(versions: VersionPair, work: Work): Promise<DifferenceResult> {
    return this.#query('difference', versions, {}, work);
  }

  /** A page of the rows of one kind that `counts` counts. */
  async changes(
    versions: VersionPair,
    page: Omit<ChangesRequest, keyof DifferenceRequest>,
    work: Work,
  ): Promise<ChangesPage> {
    const { changes, ...sides } = await this.#query('changes', versions, page, work);
    return { ...sides, changes: changes.map((change) => ({ ...change, ...versions })) };
  }

  #query<Q extends 'difference' | 'changes'>(
    name: Q,
    { from, to }: VersionPair,
    rest: Omit<TableQueries[Q]['request'], keyof DifferenceRequest>,
    work: Work,
  ): Promise<TableQueries[Q]['result']> {
    const { engine, tables, retention } = this.#services;
    return retention.during(from, () =>
      retention.during(to, async () => {
        const request = { ...rest, earlier: await tables.of(from), keyColumns: to.keyColumns };
        return engine.query(await tables.of(to), name, request as TableQueries[Q]['request'], work);
      }),
    );
  }
}
