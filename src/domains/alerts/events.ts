import type { Row } from '../../../db/store.ts';
import type { alertRules } from '../../../db/tables/alerts.ts';

export type AlertEvent = Row<typeof alertRules>['event'];

export type AlertFormat = Row<typeof alertRules>['format'];

/** The options of a rule that some events have. */
export type AlertOption = 'experiment' | 'target' | 'rate' | 'recordsMin' | 'window' | 'silence';

interface AlertEventDefinition {
  readonly name: AlertEvent;
  readonly meaning: string;
  readonly options: readonly AlertOption[];
}

/** Everything that a rule can watch. */
export const alertEvents: readonly AlertEventDefinition[] = [
  {
    name: 'experiment.broken',
    meaning: 'the verdict on an experiment is BROKEN; without a key, on any that runs',
    options: ['experiment'],
  },
  {
    name: 'rejects.rate',
    meaning: 'too large a share of the records of an import, or of those sent through the API, is rejected',
    options: ['target', 'rate', 'recordsMin', 'window'],
  },
  {
    name: 'sync.failed',
    meaning: 'a synchronization of user files failed, or its table could not be written',
    options: [],
  },
  {
    name: 'import.failed',
    meaning: 'an import failed, refreshes of datasets from their links included',
    options: ['target'],
  },
  { name: 'source.silent', meaning: 'no record of a target arrived for some time', options: ['target', 'silence'] },
];

export const alertFormats: readonly AlertFormat[] = ['json', 'slack'];
