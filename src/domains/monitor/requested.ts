import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import type { Experiment } from '../experiments/plan.ts';
import type { Moment, MonitorRequest } from './request.ts';
import type { MonitorServices } from './services.ts';

/** Whether not all events of an experiment are requested. */
export const isPart = ({ range, where }: MonitorRequest): boolean => range !== undefined || where !== undefined;

/** Throws NOT_FOUND for an unknown key. */
export const requestedExperiment = (
  { experiments, nowUs }: MonitorServices,
  { experiment }: MonitorRequest,
): Experiment => {
  if (experiment === undefined) return experiments.current(nowUs());
  if (experiments.isKnown(experiment)) return experiments.experimentOf(experiment);
  throw new DomainError('NOT_FOUND', `there is no experiment ${preview(experiment)}: no plan and no event names it`);
};

/** The newest moment that the services know. */
export const momentOf = ({ ledger, users }: MonitorServices, experiment: Experiment): Moment => {
  const { sequence } = ledger.snapshot();
  const countryOf = (user: number): number => users.countries.codeBy(users.attributesCodeAt(user, sequence));
  return { experiment, sequence, countryOf };
};
