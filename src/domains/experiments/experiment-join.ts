import type { FactColumns } from '../facts/columns.ts';
import type { Join } from '../facts/enrichment.ts';
import type { Experiments, Plans } from './experiments.ts';

/** The experiment that a fact belongs to by the current plans. */
export const joinExperiment = (
  facts: FactColumns,
  namedOf: (row: number) => number | null,
  experiments: Experiments,
): Join<Plans> => ({
  name: 'experiment',
  basis: experiments.plans,
  basisAt: experiments.plansAt,
  allocate: (rows) => new Uint32Array(rows),
  fill({ chunk, first, from, to }, plans) {
    for (let row = from; row < to; row++) chunk[row - first] = plans.codeAt(namedOf(row), facts.occurredAtUsOf(row));
  },
});
