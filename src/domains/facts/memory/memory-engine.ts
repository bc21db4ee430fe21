import type { FactEngine } from '../engine.ts';
import { groupFacts } from './groups.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { FactPages } from './page.ts';
import { readValues } from './values.ts';

/** Answers from columns in the memory of the process. */
export const createMemoryEngine = (facts: MemoryFacts): FactEngine => {
  const pages = new FactPages(facts);
  return {
    group: (query, budget) => groupFacts(facts, query, budget),
    page: (request, work) => pages.page(request, work),
    values: (request) => readValues(facts, request),
    warm: () => facts.enrichment.warm(),
  };
};
