import type { ClickHouseSettings } from '@clickhouse/client';
import { DomainError } from '../../src/errors.ts';

/** How the tables are divided among the servers of a cluster. */
export interface ClusterShape {
  /**
   * The number of the shard of each slot. ClickHouse sends a row to the slot that its key has as the remainder of their number,
   * and a shard has as many slots as its weight says.
   */
  readonly slots: readonly number[];
  /** Servers of each shard. */
  readonly replicas: number;
}

/** For all statements on a cluster. */
export const clusterSettings: ClickHouseSettings = {
  // An insertion ends when all shards have the rows, and fails otherwise: the watermark must not be ahead of them.
  distributed_foreground_insert: 1,
  // A shard that does not answer fails the statement, whatever the profile of the user says.
  skip_unavailable_shards: 0,
  // A replica that has not all that was inserted with a quorum refuses.
  select_sequential_consistency: '1',
  // A subquery over all shards runs once, and its result is sent to them.
  distributed_product_mode: 'global',
};

/** Of several replicas most must have the rows, one insertion after the other: only then a replica knows that it lacks some. */
export const insertSettings = ({ replicas }: ClusterShape): ClickHouseSettings =>
  replicas === 1 ? {} : { insert_quorum: String(Math.floor(replicas / 2) + 1), insert_quorum_parallel: 0 };

type ShardRow = [shard: number, weight: number, replicas: number, isReplicatedByTables: number];

/** Throws CONFLICT when ClickHouse has no such cluster, or one that would store rows twice. */
export const readShape = async (
  read: (sql: string) => Promise<readonly ShardRow[]>,
  clusterText: string,
): Promise<ClusterShape> => {
  const sql = `SELECT shard_num, max(shard_weight), count(), min(internal_replication) FROM system.clusters WHERE cluster = ${clusterText} GROUP BY shard_num ORDER BY shard_num`;
  const shards = (await read(sql)).map((row) => row.map(Number) as ShardRow);
  const [[, , replicas] = [0, 0, 0]] = shards;
  if (replicas === 0) throw conflict(`ClickHouse has no cluster ${clusterText}`);
  if (shards.some(([, , count]) => count !== replicas))
    throw conflict(`the shards of the cluster ${clusterText} have different numbers of replicas`);
  if (replicas > 1 && shards.some(([, , , isReplicatedByTables]) => isReplicatedByTables === 0))
    throw conflict(`the cluster ${clusterText} needs <internal_replication>true</internal_replication> in each shard`);
  return { slots: shards.flatMap(([shard, weight]) => Array<number>(weight).fill(shard)), replicas };
};

const conflict = (message: string): DomainError =>
  new DomainError('CONFLICT', `${message} (setting clickhouseCluster)`);
