import { LRUCache } from 'lru-cache';
import { SharedComputations } from '../../../src/lib/shared-computations.ts';
import type { Work } from '../../../src/lib/work.ts';
import { Turnstile } from '../../../src/lib/yielding.ts';
import type { Duckdb, DuckdbSession } from '../duckdb.ts';
import type { RowsRequest, StoredTable, TableFilter, TableQueries, TableQueryName, TableRow } from '../engine.ts';
import { pageOfChanges } from './changes.ts';
import { differenceBetween } from './difference.ts';
import { facetsOf } from './facets.ts';
import { columnsInTimeZone } from './grouping.ts';
import { groupsOf } from './groups.ts';
import { profileOf } from './profile.ts';
import { type FilterCounts, pageOfRows } from './rows.ts';
import { fetchRows, rowsAt } from './rows-at.ts';
import { groupsOfRequest, Source, type TimeRange } from './source.ts';
import { type Replaceable, VersionCopies } from './version-copies.ts';

/** The settings that queries of versions use. */
export interface QueryLimits {
  readonly datasetQueriesAtOnce: number;
  readonly datasetQueryMsMax: number;
  readonly datasetCacheBytesMax: number;
  readonly datasetCopiesBytesMax: number;
  readonly datasetPageBytesMax: number;
  readonly datasetGroupsMax: number;
}

interface Answer<Q extends TableQueryName> {
  readonly result: TableQueries[Q]['result'];
  /** About how much memory the result occupies. */
  readonly bytes: number;
}

/** An entry about what is small: objects and their names. */
const entryBytes = 500;
const valueBytes = 100;

/** A row group of a table of DuckDB. */
const copiedRowsAtOnce = 122_880;

/**
 * Queries of versions, each in a session of its own. A version never changes, so results are remembered; the least recently
 * used ones are forgotten first. `file` of a table is a path.
 */
export class VersionQueries {
  readonly #duckdb: Pick<Duckdb, 'session'>;
  readonly #limits: QueryLimits;
  readonly #copies: VersionCopies;
  readonly #results: LRUCache<string, { readonly value: unknown }>;
  /** Queries that run for all requests that need their results, and for all fields of these. */
  readonly #running = new SharedComputations<unknown>('whileRunning');
  readonly #turnstiles = new WeakMap<Work, Turnstile>();

  constructor(duckdb: Pick<Duckdb, 'session' | 'whileIdle'>, limits: QueryLimits, copies?: VersionCopies) {
    this.#duckdb = duckdb;
    this.#limits = limits;
    this.#copies =
      copies ??
      new VersionCopies(duckdb, {
        ...{ bytesMax: limits.datasetCopiesBytesMax, rowsMin: copiedRowsAtOnce, stepRows: copiedRowsAtOnce },
      });
    // A single result leaves room for others.
    const maxEntrySize = Math.max(1, Math.ceil(limits.datasetCacheBytesMax / 4));
    this.#results = new LRUCache({ maxSize: Math.max(1, limits.datasetCacheBytesMax), maxEntrySize });
  }

  /** Throws the errors of `Duckdb.session`, BAD_REQUEST for a value or function that does not suit its column, LIMIT_EXCEEDED. */
  async query<Q extends TableQueryName>(
    table: StoredTable,
    name: Q,
    request: TableQueries[Q]['request'],
    work: Work,
  ): Promise<TableQueries[Q]['result']> {
    const key = `${table.file} ${name} ${JSON.stringify(request)}`;
    const known = this.#results.get(key);
    if (known !== undefined) return known.value as TableQueries[Q]['result'];
    const compute = async (shared: Work): Promise<unknown> => {
      const { result, bytes } = await this.#duckdb.session((session) => this.#answer(session, table, name, request), {
        timeoutMs: this.#limits.datasetQueryMsMax,
        timeoutSetting: 'datasetQueryMsMax',
        work: shared,
      });
      this.#remember(key, result, bytes);
      // Whoever reads a first page reads others soon.
      if (name === 'rows' && isFirstPage(request as RowsRequest)) void this.#copies.make(table);
      return result;
    };
    const result = await this.#turnstileOf(work).run(async () => {
      const found = this.#results.get(key);
      return found ? found.value : this.#running.find(key, work, compute);
    });
    return result as TableQueries[Q]['result'];
  }

  /**
   * One request may need hundreds of results, such as the profile of each column: only as many of its queries as may run at once
   * stand in the line of all requests.
   */
  #turnstileOf(work: Work): Turnstile {
    const known = this.#turnstiles.get(work);
    if (known) return known;
    const turnstile = new Turnstile(this.#limits.datasetQueriesAtOnce);
    this.#turnstiles.set(work, turnstile);
    return turnstile;
  }

  /** Whether a version has enough rows for a copy, and not too many bytes: a copy is hardly smaller than its file. */
  mayPrepare({ rowCount, fileBytes }: { readonly rowCount: number; readonly fileBytes: number }): boolean {
    return rowCount >= copiedRowsAtOnce && fileBytes <= this.#limits.datasetCopiesBytesMax;
  }

  /** Has a version copied before anybody reads it; the paths are of files. See `DatasetEngine.prepare`. */
  async prepare(table: StoredTable, options: { replaces: string | null; replaceable: Replaceable }): Promise<boolean> {
    if (options.replaces !== null) this.#copies.supersede(options.replaces);
    return this.#copies.make(table, options.replaceable);
  }

  /** Frees the memory of a version that is removed and that no query reads. `file` is a path. */
  forget(file: string): void {
    this.#copies.forget(file);
  }

  /** The first rows of a version that a build has just made, in the session of the build. */
  async firstRows(session: DuckdbSession, table: StoredTable, count: number): Promise<TableRow[]> {
    const numbers = Array.from({ length: Math.min(count, table.rowCount) }, (_each, index) => index);
    return (await fetchRows(session, new Source(table), numbers, this.#limits.datasetPageBytesMax)).rows;
  }

  #remember(key: string, value: unknown, bytes: number): void {
    this.#results.set(key, { value }, { size: Math.ceil(bytes) + 2 * key.length + entryBytes });
  }

  async #answer<Q extends TableQueryName>(
    session: DuckdbSession,
    table: StoredTable,
    name: Q,
    request: TableQueries[Q]['request'],
  ): Promise<Answer<Q>> {
    const source = await this.#sourceOf(session, table, request);
    const handlers: { [N in TableQueryName]: (request: TableQueries[N]['request']) => Promise<Answer<N>> } = {
      rows: async (rows) => {
        const limits = { bytesMax: this.#limits.datasetPageBytesMax, counts: this.#countsOf(table) };
        const { bytes, ...result } = await this.#copies.during(session, table, (copy) =>
          pageOfRows(
            session,
            copy === null ? source : new Source(table, { ranges: source.ranges, copy }),
            rows,
            limits,
          ),
        );
        return { result, bytes: 2 * bytes + result.rows.length * entryBytes };
      },
      rowsAt: async ({ rows }) => {
        const { rows: result, bytes } = await rowsAt(session, source, rows);
        return { result, bytes: 2 * bytes + result.length * entryBytes };
      },
      groups: async (groups) => {
        const result = await groupsOf(session, source, groups, this.#limits.datasetGroupsMax);
        const values = groups.group.by.length + 2 * groups.measures.length;
        return { result, bytes: result.groups.length * (entryBytes + values * valueBytes) };
      },
      facets: async (facets) => {
        const result = await facetsOf(session, source, facets);
        return { result, bytes: result.reduce((sum, { buckets }) => sum + buckets.length * valueBytes * 2, 0) };
      },
      profile: async ({ column }) => ({ result: await profileOf(session, source, column), bytes: 50 * valueBytes }),
      difference: async ({ earlier, keyColumns }) => ({
        result: await differenceBetween(session, [new Source(earlier), source], keyColumns),
        bytes: entryBytes,
      }),
      changes: async ({ earlier, ...changes }) => {
        const versions = [new Source(earlier), source] as const;
        const { bytes, ...result } = await pageOfChanges(session, versions, changes, this.#limits.datasetPageBytesMax);
        return { result, bytes: 2 * bytes + 2 * result.changes.length * entryBytes };
      },
    };
    return handlers[name](request);
  }

  #countsOf({ file }: StoredTable): FilterCounts {
    type Counts = NonNullable<ReturnType<FilterCounts['get']>>;
    const keyOf = (filter: TableFilter): string => `${file} counts ${JSON.stringify(filter)}`;
    return {
      get: (filter) => this.#results.get(keyOf(filter))?.value as Counts | undefined,
      set: (filter, counts) => this.#remember(keyOf(filter), counts, entryBytes),
    };
  }

  /** The source of a request, with the ranges of the columns that it groups by periods of a time zone. */
  async #sourceOf(session: DuckdbSession, table: StoredTable, request: object): Promise<Source> {
    const source = new Source(table);
    const columns = new Set(groupsOfRequest(request).flatMap((group) => columnsInTimeZone(source, group)));
    const ranges = new Map<number, TimeRange[]>();
    for (const column of columns) {
      const { sql } = source.expression(column);
      const years = await session.rows(
        `select epoch_us(min(${sql})), epoch_us(max(${sql})) from ${source.from}
          where ${sql} is not null group by year(${sql}) order by 1`,
      );
      const found = years.map(([least, greatest]) => ({ leastUs: Number(least), greatestUs: Number(greatest) }));
      ranges.set(column, found);
    }
    return new Source(table, { ranges });
  }
}

const isFirstPage = ({ after, before }: RowsRequest): boolean => after === null && before === null;
