import type { FactEngine } from '../engine.ts';
import { type CumulativeGroupLimits, CumulativeGroups } from './cumulative-groups.ts';
import { groupFacts } from './groups.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { FactPages } from './page.ts';
import { PageOrders } from './page-orders.ts';
import { readValues } from './values.ts';

/** Answers from columns in the memory of the process. */
export const createMemoryEngine = (facts: MemoryFacts, limits: CumulativeGroupLimits): FactEngine => {
  const orders = new PageOrders(facts.columns);
  const pages = new FactPages(facts, orders);
  const cumulative = new CumulativeGroups(facts, orders, limits);
  return {
    group: (query, budget) => groupFacts({ facts, cumulative }, query, budget),
    page: (request, work) => pages.page(request, work),
    values: (request) => readValues(facts, request),
    warm: () => facts.enrichment.warm(),
  };
};
