import type { SqlCodes, SqlColumn, SqlFacts, SqlState } from '../../../db/datasets/sql/engine.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { DimensionName } from '../facts/dimensions.ts';
import type { AsOf } from '../facts/engine.ts';
import type { EnrichedFacts } from '../facts/memory/enrichment.ts';
import type { MemoryFacts } from '../facts/memory/memory-facts.ts';

/** A column of enriched facts and the dimension that it shows. */
interface EnrichedColumn extends SqlColumn {
  readonly dimension: DimensionName;
}

/** What facts of every kind are enriched with. */
export const userColumns: readonly EnrichedColumn[] = [
  { name: 'user_status', type: 'TEXT', dimension: 'USER_STATUS' },
  { name: 'country', type: 'TEXT', dimension: 'COUNTRY' },
  { name: 'gender', type: 'TEXT', dimension: 'GENDER' },
  { name: 'age_band', type: 'TEXT', dimension: 'AGE_BAND' },
  { name: 'has_image', type: 'BOOLEAN', dimension: 'HAS_IMAGE' },
];

const rowsPerYield = 16_384;

/**
 * Facts with their enrichment for queries. The columns show the dimensions by which enrichedAggregate groups, read from the
 * same enriched facts, so that both give the same figures.
 */
export const enrichedFacts = (
  source: MemoryFacts,
  facts: Pick<SqlFacts, 'name' | 'columns' | 'pages'>,
  { enriched, visible }: { readonly enriched: readonly EnrichedColumn[]; readonly visible: readonly string[] },
): { readonly facts: SqlFacts; stateAt(sequence: number, asOf: AsOf): SqlState } => ({
  facts: { ...facts, stateColumns: enriched.map(({ name, type }) => ({ name, type })), visible },
  stateAt: (sequence, asOf) => ({
    key: `${sequence} ${asOf.validAtUs}`,
    cursor: sequence,
    sequence,
    async codes() {
      const joined = await source.enrichment.at({ validAtUs: asOf.validAtUs, sequence });
      const columns: SqlCodes[] = [];
      for (const column of enriched) columns.push(await codesOf(source, joined, column));
      return columns;
    },
  }),
});

const codesOf = async (
  { dimensions }: MemoryFacts,
  joined: EnrichedFacts,
  { name, type, dimension: key }: EnrichedColumn,
): Promise<SqlCodes> => {
  // The zone matters for periods only, which are no columns.
  const dimension = dimensions[key]?.(joined, { timeZone: 'UTC' });
  if (!dimension) throw new Error(`these facts have no dimension ${key}`);
  const codes = new Uint32Array(joined.rows);
  const maybeYield = createYielder(undefined);
  for (let row = 0; row < codes.length; row++) {
    codes[row] = dimension.codeOf(row);
    if (row % rowsPerYield === 0) await maybeYield();
  }
  const values = Array.from({ length: dimension.codes }, (_each, code) => dimension.valueOf(code));
  return { name, type, codes, labels: type === 'BOOLEAN' ? values.map((value) => value === 1) : values };
};
