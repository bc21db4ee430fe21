import type { FactFilter } from '../../domains/facts/filter.ts';
import { type Status, statusCodes } from '../../domains/user-status/status.ts';
import { preview, readRecord } from '../../lib/problems.ts';
import type { TimeRange } from '../../lib/time-range.ts';
import { CommandError, exitUsageError } from '../exit.ts';

/** Names in conditions, as in files of events and users, and the part of a filter that each stands for. */
const conditions = {
  account_type: 'accountTypes',
  event_type: 'eventTypes',
  country: 'countries',
  gender: 'genders',
  user_id: 'userIds',
  user_status: 'userStatus',
  version: 'variants',
} as const satisfies Record<string, keyof FactFilter>;

const isCondition = (name: string): name is keyof typeof conditions => Object.hasOwn(conditions, name);

/** Reads conditions like `account_type=paid`; those of one name are alternatives. Throws for an unknown name or status. */
export const whereOf = (texts: readonly string[]): FactFilter | undefined => {
  if (texts.length === 0) return undefined;
  const filter: { [Part in (typeof conditions)[keyof typeof conditions]]?: string[] } = {};
  for (const text of texts) {
    const [name = '', ...rest] = text.split('=');
    const value = rest.join('=');
    const names = Object.keys(conditions).join(', ');
    if (!isCondition(name) || value === '')
      throw new CommandError(exitUsageError, `--where ${preview(text)} must be name=value; the names are ${names}`);
    const part = conditions[name];
    filter[part] = [...(filter[part] ?? []), value];
  }
  const unknown = filter.userStatus?.find((status) => !statusCodes.some((known) => known === status));
  if (unknown !== undefined)
    throw new CommandError(
      exitUsageError,
      `--where user_status must be ${statusCodes.join(', ')}, not ${preview(unknown)}`,
    );
  return { ...filter, userStatus: filter.userStatus as Status[] | undefined };
};

/**
 * Reads a range: a duration like `P7D` that ends with the newest event, days like `2025-01-01/2025-01-31` (both included),
 * or two instants with the end excluded, of which the second may be missing. Throws for anything else.
 */
export const rangeOf = (text: string | undefined): TimeRange | undefined => {
  if (text === undefined) return undefined;
  if (/^P/i.test(text)) return { last: text };
  const [from = '', to, ...rest] = text.split('/');
  const isDay = (part: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(part);
  if (to === undefined || rest.length > 0)
    throw new CommandError(
      exitUsageError,
      `--range ${preview(text)} must be <from>/<to>, <from>/ or a duration like P7D`,
    );
  for (const day of [from, to]) if (isDay(day)) instantOf('--range', day);
  if (isDay(from) && isDay(to)) return { days: { first: from, last: to } };
  return to === ''
    ? { since: instantOf('--range', from) }
    : { between: { from: instantOf('--range', from), to: instantOf('--range', to) } };
};

/** Reads an instant, microseconds. Throws with the name of the option. */
export const instantOf = (option: string, text: string): number => {
  const { value, problems } = readRecord({ [option]: text }, (fields) => ({ atUs: fields.instant(option) }));
  if (problems) throw new CommandError(exitUsageError, problems.map(({ message }) => message).join('; '));
  return value.atUs;
};
