import type { Ledger } from '../../../ledger/ledger.ts';
import type { JoinName } from '../dimensions.ts';
import type { AsOf } from '../engine.ts';
import type { FactColumns } from './columns.ts';
import type { Enrichment } from './enrichment.ts';
import type { Join } from './join.ts';

/**
 * Joins a fact when it is read, and keeps nothing: for facts that another engine answers questions about, of which few are read
 * here as joined.
 */
export const createJoinOnDemand = (ledger: Ledger, facts: FactColumns, joins: readonly Join[]): Enrichment => ({
  async at(asOf = {}, needed) {
    const sequence = ledger.resolveSequence(asOf);
    const readers = new Map<JoinName, (row: number) => number>();
    for (const join of joins)
      if (needed?.has(join.name) ?? true)
        readers.set(join.name, readerOf(join, await join.basisAt(sequence), { asOf, sequence }));
    return {
      sequence,
      rows: facts.rowsUpTo(sequence),
      codeBy(name) {
        const reader = readers.get(name);
        if (!reader) throw new Error(`these facts are not joined to ${name}`);
        return reader;
      },
    };
  },
  warm: async () => undefined,
  byteLength: 0,
});

const readerOf = (
  join: Join,
  basis: unknown,
  { asOf, sequence }: { readonly asOf: AsOf; readonly sequence: number },
): ((row: number) => number) => {
  const codes = join.allocate(1);
  const rows = new Uint32Array(1);
  return (row) => {
    rows[0] = row;
    join.fill({ rows, codes }, basis, asOf, sequence);
    return codes[0] as number;
  };
};
