import type { Work } from '../../lib/work.ts';
import type { FactPage, FactPageRequest } from './engine.ts';
import type { FactSet } from './fact-set.ts';
import { checkFilter, type FilterLimits } from './filter.ts';

/** A fact set with the queries that are the same for every kind of facts. */
export interface Facts extends FactSet {
  /** Throws like `checkFilter`. */
  page(request: FactPageRequest, work?: Work): Promise<FactPage>;
  /** Prepares the answer to the first question. */
  warm(): Promise<void>;
}

/** What every kind of facts has in common; each kind adds how its records are stored and read. */
export const createFacts = (
  { source, engine }: Pick<FactSet, 'source' | 'engine'>,
  limits: FilterLimits,
): Omit<Facts, 'bySeqs'> => ({
  source,
  engine,
  async page(request, work) {
    if (request.where) checkFilter(request.where, source, limits);
    return engine.page(request, work);
  },
  warm: () => engine.warm(),
});
