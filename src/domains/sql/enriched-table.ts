import type { SqlColumn, SqlFacts, SqlState } from '../../../db/datasets/sql/engine.ts';
import type { DimensionName } from '../facts/dimensions.ts';
import type { AsOf } from '../facts/engine.ts';
import type { FactSet } from '../facts/fact-set.ts';

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

/** Names of columns in lower case; null for all. */
export type UsedColumns = ReadonlySet<string> | null;

/**
 * Facts with their enrichment for queries. The columns show the dimensions by which enrichedAggregate groups, read by the same
 * engine, so that both give the same figures. A query that uses none of them does not wait for the engine.
 */
export const enrichedFacts = (
  { engine }: Pick<FactSet, 'engine'>,
  facts: Pick<SqlFacts, 'name' | 'columns' | 'pages'>,
  { enriched, visible }: { readonly enriched: readonly EnrichedColumn[]; readonly visible: readonly string[] },
): { readonly facts: SqlFacts; stateAt(sequence: number, asOf: AsOf, used: UsedColumns): SqlState } => ({
  facts: { ...facts, stateColumns: enriched.map(({ name, type }) => ({ name, type })), visible },
  stateAt(sequence, { validAtUs }, used) {
    const isPlain = used !== null && !enriched.some(({ name }) => used.has(name));
    return {
      key: isPlain ? `${sequence}` : `${sequence} ${validAtUs}`,
      cursor: sequence,
      sequence,
      async codes() {
        if (isPlain) return [];
        const dimensions = enriched.map(({ dimension }) => dimension);
        const read = await engine.values({ dimensions, asOf: { validAtUs, sequence } });
        return read.map(({ codes, values }, index) => {
          const { name, type } = enriched[index] as EnrichedColumn;
          return { name, type, codes, labels: type === 'BOOLEAN' ? values.map((value) => value === 1) : values };
        });
      },
    };
  },
});
