import type { Work } from '../../lib/work.ts';
import type { Users } from '../users/users.ts';
import type { FactSet } from './fact-set.ts';
import { checkFilter, type FilterLimits, testOf } from './filter.ts';
import { createFactPages, type FactPage, type FactPageRequest } from './page.ts';

/** A fact set with the queries that are the same for every kind of facts. */
export interface Facts extends FactSet {
  page(request: FactPageRequest, work?: Work): Promise<FactPage>;
  /** Enriches all facts, so that the first query does not have to wait for it. */
  warm(): Promise<void>;
}

type FactsOptions = Pick<FactSet, 'source' | 'columns' | 'enrichment' | 'dimensions'> & {
  readonly users: Users;
  readonly limits: FilterLimits;
};

/** What every kind of facts has in common; each kind adds how its records are stored and read. */
export const createFacts = ({ users, limits, ...options }: FactsOptions): Omit<Facts, 'bySeqs'> => {
  const facts: Omit<FactSet, 'bySeqs'> = {
    ...options,
    userCodes: (userIds) => new Set(userIds.map(users.codes.codeOf).filter((code) => code !== undefined)),
    testOf(filter, enriched, timeZone) {
      if (filter) checkFilter(filter, options, limits);
      return testOf(filter, options, enriched, timeZone);
    },
  };
  return {
    ...facts,
    page: createFactPages(facts),
    async warm() {
      await options.enrichment.at();
    },
  };
};
