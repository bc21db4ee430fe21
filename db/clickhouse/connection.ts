import { isDeepStrictEqual } from 'node:util';
import { type ClickHouseClient, ClickHouseError, type ClickHouseSettings, createClient } from '@clickhouse/client';
import { DomainError } from '../../src/errors.ts';
import type { Work } from '../../src/lib/work.ts';
import { type ClusterShape, clusterSettings, insertSettings, readShape } from './cluster.ts';
import { textLiteral } from './literals.ts';

export interface ConnectionOptions {
  /** URL of the HTTP interface. */
  readonly clickhouse: string;
  readonly clickhouseUser: string;
  readonly clickhousePassword: string;
  readonly clickhouseDatabase: string;
  /** Name of the cluster that has the tables; empty for one server. */
  readonly clickhouseCluster: string;
  /** Timeout of a statement, milliseconds. */
  readonly clickhouseMsMax: number;
}

/** How long a client should wait before it asks again, milliseconds. */
const retryAfterMs = 2000;

/** Large filters and lists of periods are part of the text of a statement. */
const statementSettings: ClickHouseSettings = {
  max_query_size: '100000000',
  max_ast_elements: '2000000',
  max_expanded_ast_elements: '2000000',
  join_use_nulls: 0,
  output_format_json_quote_64bit_integers: 0,
};

type Value = string | number | null | readonly number[];
export type ResultRow = readonly (string | number | null)[];

/**
 * Statements on one database of ClickHouse, through its official client. On a cluster, each table is divided among the shards,
 * see `tables.ts`, and a table over all of them has its name.
 */
export class Connection {
  readonly database: string;
  /** Whether the tables are those of a cluster. */
  readonly isCluster: boolean;
  /** What follows the name of that which a statement creates, drops or empties. */
  readonly onCluster: string;
  /** The name of the database as a text in a statement. */
  readonly databaseText: string;
  readonly #clusterText: string;
  #shape: ClusterShape | undefined;
  readonly #client: ClickHouseClient;
  readonly #where: string;

  constructor(options: ConnectionOptions) {
    const { clickhouse, clickhouseUser, clickhousePassword, clickhouseDatabase, clickhouseMsMax } = options;
    const { clickhouseCluster } = options;
    this.database = quoted(clickhouseDatabase);
    this.isCluster = clickhouseCluster !== '';
    this.onCluster = this.isCluster ? ` ON CLUSTER ${quoted(clickhouseCluster)}` : '';
    this.databaseText = textLiteral(clickhouseDatabase);
    this.#clusterText = textLiteral(clickhouseCluster);
    this.#where = new URL(clickhouse).origin;
    this.#client = createClient({
      url: clickhouse,
      username: clickhouseUser,
      password: clickhousePassword,
      request_timeout: clickhouseMsMax,
      clickhouse_settings: { ...statementSettings, ...(this.isCluster ? clusterSettings : {}) },
      log: { level: 127 },
    });
  }

  /** The full name of a table, with the rows of all shards. */
  table(name: string): string {
    return `${this.database}.${name}`;
  }

  /** The full name of a table with the rows of the shard where a statement runs, see `overShards`. */
  local(name: string): string {
    return this.table(this.localName(name));
  }

  localName(name: string): string {
    return this.isCluster ? `${name}_local` : name;
  }

  /**
   * What stands behind FROM for the rows of a statement. On a cluster each shard runs it on its own tables (`local`): right
   * where rows that it joins, or looks for, are on the same shard. Groups of these rows are counted on the shards, too.
   */
  overShards(select: string): string {
    return this.isCluster ? `cluster(${this.#clusterText}, view(${select}))` : `(${select})`;
  }

  /** What stands behind FROM for a table of the database `system`, of all shards. Throws CONFLICT, see `shape`. */
  async systemTable(name: string): Promise<string> {
    if (!this.isCluster) return `system.${name}`;
    await this.shape();
    return `cluster(${this.#clusterText}, system.${name})`;
  }

  /** The engine of a table over all shards. `shardBy` is the expression that says which shard a row belongs to. */
  overShardsEngine(name: string, shardBy: string): string {
    const table = textLiteral(this.localName(name));
    return `Distributed(${[this.#clusterText, this.databaseText, table, shardBy].join(', ')})`;
  }

  /** How the cluster is divided, as it was when this was last opened. Throws CONFLICT for a cluster that does not serve. */
  async shape(): Promise<ClusterShape> {
    this.#shape ??= await this.#readShape();
    return this.#shape;
  }

  /** To be called before the tables are opened. */
  forgetShape(): void {
    this.#shape = undefined;
  }

  /** Throws FACTS_UNAVAILABLE when the cluster is divided in another way than it was: rows of a user would be apart. */
  async requireShape(): Promise<void> {
    if (!this.isCluster) return;
    const [known, current] = [await this.shape(), await this.#readShape()];
    if (!isDeepStrictEqual(known, current)) throw unavailable('the shards of the ClickHouse cluster have changed');
  }

  #readShape(): Promise<ClusterShape> {
    return readShape((sql) => this.rows(sql), this.#clusterText);
  }

  async command(sql: string): Promise<void> {
    const settings = this.isCluster && isInsertion(sql) ? insertSettings(await this.shape()) : {};
    await this.#translated(() => this.#client.command({ query: sql, clickhouse_settings: settings }));
  }

  /** All rows of a result. */
  async rows<R extends ResultRow>(sql: string, work?: Work): Promise<R[]> {
    const rows: R[] = [];
    await this.each<R>(sql, (row) => void rows.push(row), work);
    return rows;
  }

  /** Calls `visit` with each row of a result as it arrives; what it throws ends the statement. */
  async each<R extends ResultRow>(sql: string, visit: (row: R) => void, work?: Work): Promise<void> {
    const abort = new AbortController();
    const removeListener = work?.onEnd(() => abort.abort());
    let ownFault: { readonly reason: unknown } | undefined;
    const visitAll = (rows: readonly { json(): unknown }[]): void => {
      try {
        for (const row of rows) visit(row.json() as R);
      } catch (error) {
        ownFault = { reason: error };
        throw error;
      }
    };
    try {
      const query = { query: sql, format: 'JSONCompactEachRow' as const, abort_signal: abort.signal };
      const result = await this.#client.query(query);
      try {
        for await (const rows of result.stream<R>()) visitAll(rows);
      } finally {
        result.close();
      }
    } catch (error) {
      work?.check();
      throw ownFault ? ownFault.reason : this.#faultOf(error);
    } finally {
      removeListener?.();
    }
  }

  /** Adds rows once: a repeat with the same token, also after a failure that left it open whether they are stored, adds none. */
  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly Value[])[],
    token: string,
  ): Promise<void> {
    if (rows.length === 0) return;
    const ofCluster = this.isCluster ? insertSettings(await this.shape()) : {};
    await this.#translated(() =>
      this.#client.insert({
        table: this.table(table),
        columns: columns as [string, ...string[]],
        values: rows,
        format: 'JSONCompactEachRow',
        // One block, because the token identifies a block.
        clickhouse_settings: { ...ofCluster, insert_deduplication_token: token, max_insert_block_size: '10000000' },
      }),
    );
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #translated<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw this.#faultOf(error);
    }
  }

  /** What the client rejects with is of the server, of the way to it, or a fault of this program. */
  #faultOf(error: unknown): unknown {
    if (error instanceof ClickHouseError) {
      if (!refusals.has(error.type ?? '')) return error;
      return unavailable(`ClickHouse at ${this.#where} does not answer (${error.type}): ${firstLine(error)}`, error);
    }
    if (programmingErrors.some((type) => error instanceof type)) return error;
    const reason = (error as NodeJS.ErrnoException).code ?? firstLine(error as Error);
    return unavailable(`ClickHouse at ${this.#where} cannot be reached (${reason})`, error);
  }
}

/** No response and no connection makes the client throw one of them. */
const programmingErrors = [TypeError, RangeError, ReferenceError];

/** What a server refuses for a time, or until somebody changes its configuration, but not because of the statement. */
const refusals = new Set([
  ...['AUTHENTICATION_FAILED', 'REQUIRED_PASSWORD', 'WRONG_PASSWORD', 'UNKNOWN_USER', 'ACCESS_DENIED', 'READONLY'],
  ...['UNKNOWN_DATABASE', 'UNKNOWN_TABLE', 'TIMEOUT_EXCEEDED', 'MEMORY_LIMIT_EXCEEDED', 'TOO_MANY_PARTS'],
  ...['TOO_MANY_SIMULTANEOUS_QUERIES', 'TABLE_IS_READ_ONLY', 'NOT_ENOUGH_SPACE', 'NETWORK_ERROR', 'SOCKET_TIMEOUT'],
  ...['QUERY_WAS_CANCELLED', 'ABORTED', 'CANNOT_READ_ALL_DATA', 'UNEXPECTED_END_OF_FILE', 'KEEPER_EXCEPTION'],
  // Of a cluster with a shard, or a replica, that is away.
  ...['ALL_CONNECTION_TRIES_FAILED', 'ALL_REPLICAS_ARE_STALE', 'REPLICA_IS_NOT_IN_QUORUM', 'TOO_FEW_LIVE_REPLICAS'],
  ...['UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE', 'UNKNOWN_STATUS_OF_INSERT', 'NO_ACTIVE_REPLICAS', 'DNS_ERROR'],
]);

const firstLine = ({ message }: Error): string => message.split('\n')[0]?.slice(0, 300) ?? '';

export const unavailable = (message: string, cause?: unknown): DomainError =>
  new DomainError('FACTS_UNAVAILABLE', message, { details: { retryAfterMs }, cause });

/** Whether a statement failed because a table that it names does not exist, or its database. */
export const isTableMissing = (error: unknown): boolean =>
  error instanceof DomainError &&
  error.cause instanceof ClickHouseError &&
  (error.cause.type === 'UNKNOWN_TABLE' || error.cause.type === 'UNKNOWN_DATABASE');

const isInsertion = (sql: string): boolean => sql.startsWith('INSERT');

const quoted = (name: string): string => `\`${name.replace(/[`\\]/g, '\\$&')}\``;
