import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { FactEngine } from '../../src/domains/facts/engine.ts';
import { groupFacts } from './groups.ts';
import { askLasting } from './lasting-question.ts';
import { findPage } from './page.ts';
import type { QuestionServices } from './question.ts';
import { readValues } from './values.ts';

/** Answers questions about facts of a kind from what is in ClickHouse. */
export const createEngine = (services: QuestionServices, source: FactSource): FactEngine => ({
  async group(query, budget) {
    const question = askLasting(services, source, query);
    return groupFacts({ ...services, question }, query, budget);
  },
  async page(request, work) {
    const { where, asOf, userId } = request;
    const users = userId === undefined ? {} : { userIds: [userId] };
    const question = askLasting(services, source, { where, asOf, timeZone: 'UTC', ...users });
    return findPage(services.connection, question, request, work);
  },
  values: (request) => readValues(services, source, request),
  // The copy is made in any case; no question waits for anything else.
  warm: async () => undefined,
});
