import { duckdbLibrary } from '../datasets/duckdb-library.ts';
import { literal, rowGroupRows, type SegmentColumn, type SegmentValue } from './file.ts';

const memoryLimit = '1GB';

/**
 * Writes a new Parquet file. The batches hold rows in the order of their sequence numbers, with a value for each column;
 * `spillFolder` gets what exceeds the memory.
 */
export const writeSegmentFile = async (
  path: string,
  columns: readonly SegmentColumn[],
  batches: Iterable<readonly (readonly SegmentValue[])[]>,
  spillFolder: string,
): Promise<void> => {
  const { DuckDBInstance: Instance } = duckdbLibrary();
  const instance = await Instance.create(':memory:', {
    threads: '1',
    memory_limit: memoryLimit,
    temp_directory: spillFolder,
    preserve_insertion_order: 'true',
  });
  const connection = await instance.connect();
  try {
    const list = columns.map(({ name, type }) => `"${name}" ${type}`).join(', ');
    await connection.run(`create table segment (${list})`);
    const appender = await connection.createAppender('segment');
    for (const rows of batches) {
      for (const row of rows) {
        for (const [index, { type }] of columns.entries()) {
          const value = row[index] ?? null;
          if (value === null) appender.appendNull();
          else if (type === 'BIGINT') appender.appendBigInt(BigInt(value));
          else appender.appendVarchar(String(value));
        }
        appender.endRow();
      }
      // Lets the process answer signals between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
    appender.closeSync();
    await connection.run(
      `copy (select * from segment order by seq) to ${literal(path)} (format parquet, compression zstd, row_group_size ${rowGroupRows})`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};
