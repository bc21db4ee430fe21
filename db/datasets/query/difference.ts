import type { DuckdbSession } from '../duckdb.ts';
import type { DifferenceResult } from '../engine.ts';
import { alignedVersions, grouping } from './aligned-versions.ts';
import type { Source } from './source.ts';

/**
 * The difference between two versions over the columns that both have. Rows are matched on the key columns if both versions
 * have all of them; otherwise by content, where a changed row counts as one removed and one added row. Equal rows may occur
 * several times.
 */
export const differenceBetween = async (
  session: DuckdbSession,
  versions: readonly [Source, Source],
  keyColumns: readonly string[],
): Promise<DifferenceResult> => {
  const { every, columns, keys } = alignedVersions(versions, keyColumns);
  const isKeyed = keys.length > 0;
  // By content: how many rows the later version has more. By key: the same of all contents of the key.
  const sql = `with every as (${every}),
    contents as (select ${[...columns, 'sum(sign)::BIGINT as more'].join(', ')} from every ${grouping(columns)}),
    keyed as (select sum(more) as more, sum(greatest(more, 0)) as gained, sum(greatest(-more, 0)) as lost
      from contents where more <> 0 ${grouping(keys)})
    select coalesce(sum(${isKeyed ? 'greatest(more, 0)' : 'gained'}), 0),
      coalesce(sum(${isKeyed ? 'greatest(-more, 0)' : 'lost'}), 0),
      coalesce(sum(${isKeyed ? 'case when more > 0 then lost else gained end' : '0'}), 0) from keyed`;
  const [[added, removed, changed] = []] = await session.rows(sql);
  return { added: Number(added), removed: Number(removed), changed: Number(changed) };
};
