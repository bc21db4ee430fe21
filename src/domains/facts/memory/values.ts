import { createYielder } from '../../../lib/yielding.ts';
import type { DimensionName } from '../dimensions.ts';
import type { FactValues, FactValuesRequest } from '../engine.ts';
import type { EnrichedFacts } from './enrichment.ts';
import type { MemoryFacts } from './memory-facts.ts';

const rowsPerYield = 16_384;

/** Reads dimensions of all facts from the columns that grouping reads, so that both give the same figures. */
export const readValues = async (
  facts: MemoryFacts,
  { dimensions, asOf }: FactValuesRequest,
): Promise<readonly FactValues[]> => {
  const enriched = await facts.enrichment.at(asOf);
  const read: FactValues[] = [];
  for (const name of dimensions) read.push(await valuesOf(facts, enriched, name));
  return read;
};

const valuesOf = async (
  { dimensions }: MemoryFacts,
  enriched: EnrichedFacts,
  name: DimensionName,
): Promise<FactValues> => {
  // The zone matters for periods only.
  const dimension = dimensions[name]?.(enriched, { timeZone: 'UTC' });
  if (!dimension) throw new Error(`these facts have no dimension ${name}`);
  const codes = new Uint32Array(enriched.rows);
  const maybeYield = createYielder(undefined);
  for (let row = 0; row < codes.length; row++) {
    codes[row] = dimension.codeOf(row);
    if (row % rowsPerYield === 0) await maybeYield();
  }
  const values = Array.from({ length: dimension.codes }, (_each, code) => dimension.valueOf(code));
  return { codes, values };
};
