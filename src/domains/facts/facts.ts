import type { Users } from '../users/users.ts';
import type { FactSet } from './fact-set.ts';
import { checkFilter, type FilterLimits, testOf } from './filter.ts';
import { type FactPage, type FactPageRequest, pageOfFacts } from './page.ts';

/** Facts of one kind and the questions all kinds answer alike. */
export interface Facts extends FactSet {
  page(request: FactPageRequest): Promise<FactPage>;
}

type Given = Pick<FactSet, 'source' | 'columns' | 'enrichment' | 'dimensions'> & {
  readonly users: Users;
  readonly limits: FilterLimits;
};

/** What kinds of facts have in common; each adds how its records are stored and read. */
export const createFacts = ({ users, limits, ...given }: Given): Omit<Facts, 'bySeqs'> => {
  const facts: Omit<FactSet, 'bySeqs'> = {
    ...given,
    userCodes: (userIds) => new Set(userIds.map(users.codes.codeOf).filter((code) => code !== undefined)),
    testOf(filter, enriched, timeZone) {
      if (filter) checkFilter(filter, limits);
      return testOf(filter, given, enriched, timeZone);
    },
  };
  return { ...facts, page: (request) => pageOfFacts(facts, request) };
};
