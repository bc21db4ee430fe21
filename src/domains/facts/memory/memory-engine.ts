import type { FactEngine } from '../engine.ts';
import { groupFacts } from './groups.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { createFactPages } from './page.ts';

/** Answers from columns in the memory of the process. */
export const createMemoryEngine = (facts: MemoryFacts): FactEngine => ({
  group: (query, budget) => groupFacts(facts, query, budget),
  page: createFactPages(facts),
  async warm() {
    await facts.enrichment.at();
  },
});
