import { alertAttempts, alertChanges } from '../../../db/tables/alerts.ts';
import type { Ledger } from '../../ledger/ledger.ts';

type State = 'OK' | 'BROKEN';

/** The current state of what each rule watches. */
export interface AlertStates {
  /** OK for what was never broken. */
  stateOf(ruleId: number, subject: string): State;
  /** In the order in which they were first broken. */
  brokenSubjects(ruleId: number): string[];
}

export const createAlertStates = (ledger: Ledger): AlertStates => {
  const byRule = new Map<number, Map<string, State>>();
  ledger.subscribe(alertChanges, ['seq', 'ruleId', 'subject', 'state'], {
    name: 'alertStates',
    apply(records) {
      for (const { ruleId, subject, state } of records.rows()) {
        const states = byRule.get(ruleId) ?? new Map<string, State>();
        byRule.set(ruleId, states.set(subject, state));
      }
    },
    exchange(columns) {
      const known = [...byRule].map(([ruleId, states]) => ({ ruleId, states: [...states] }));
      for (const { ruleId, states } of columns.value('states', known) ?? []) byRule.set(ruleId, new Map(states));
    },
  });
  // Attempts are read from the store. The ledger finds its next records faster when it knows all tables.
  ledger.subscribe(alertAttempts, ['seq'], {
    name: 'alertAttempts',
    apply: () => undefined,
    exchange: () => undefined,
  });
  return {
    stateOf: (ruleId, subject) => byRule.get(ruleId)?.get(subject) ?? 'OK',
    brokenSubjects: (ruleId) =>
      [...(byRule.get(ruleId) ?? [])].flatMap(([subject, state]) => (state === 'BROKEN' ? [subject] : [])),
  };
};
