import {
  type DimensionName,
  definitionOf,
  type FactSource,
  type JoinName,
} from '../../src/domains/facts/dimensions.ts';
import type { AssignmentRule, AssignmentRules } from '../../src/domains/facts/knowledge.ts';
import { ageBandLabels, dayOfUs } from '../../src/lib/age.ts';
import { dayUs } from '../../src/lib/time.ts';
import { unknownLabel } from '../../src/lib/unknown-label.ts';
import { integerLiteral, textList, textLiteral } from './literals.ts';

/** What facts are read and joined as of. */
export interface FactState {
  readonly source: FactSource;
  readonly sequence: number;
  /** Undefined: each fact's own time. */
  readonly validAtUs: number | undefined;
  /** The table of addresses that counts; 0 for none. */
  readonly addressTable: number;
  readonly rules: AssignmentRules;
  /** The expression of the start of the period of `f.occurred_at_us`. */
  readonly period: string | undefined;
  /** The full name of a table. */
  table(name: string): string;
}

/** The expression of each dimension over the fact `f` and what it is joined to, as below. */
const expressions: Readonly<Record<DimensionName, (state: FactState) => string>> = {
  USER: () => 'f.user_id',
  USER_STATUS: () => `if(s.status = '', 'non-paying', s.status)`,
  CITY: ({ addressTable }) => (addressTable === 0 ? `'${unknownLabel}'` : orUnknown('c.city')),
  COUNTRY: () => orUnknown('a.country'),
  GENDER: () => orUnknown('a.gender'),
  AGE_BAND: (state) => {
    const labels = textList([unknownLabel, ...ageBandLabels]);
    return `arrayElement([${labels}], 1 + arrayCount(day -> day <= ${dayOf(state)}, b.band_days))`;
  },
  HAS_IMAGE: () => 'i.has_image',
  PRODUCT: () => 'f.product',
  EXPERIMENT: ({ rules }) => assignment(rules),
  VARIANT: () => 'f.variant',
  ACCOUNT_TYPE: () => 'f.account_type',
  EVENT_TYPE: () => 'f.event_type',
  PERIOD: ({ period }) => period ?? 'f.occurred_at_us',
};

/** What a join that found nothing gives is the empty text. */
const orUnknown = (column: string): string => `if(${column} = '', '${unknownLabel}', ${column})`;

const dayOf = ({ validAtUs }: FactState): string =>
  validAtUs === undefined ? `floor(f.occurred_at_us / ${dayUs})` : integerLiteral(dayOfUs(validAtUs));

const assignment = ({ rules, otherwise }: AssignmentRules): string => {
  const branches = rules.flatMap((rule) => [conditionOf(rule), textLiteral(rule.experiment)]);
  return `multiIf(${["f.experiment != ''", 'f.experiment', ...branches, textLiteral(otherwise)].join(', ')})`;
};

const conditionOf = ({ fromUs, toUs, variants }: AssignmentRule): string => {
  const conditions = [
    ...(fromUs === null ? [] : [`f.occurred_at_us >= ${integerLiteral(fromUs)}`]),
    ...(toUs === null ? [] : [`f.occurred_at_us < ${integerLiteral(toUs)}`]),
    ...(variants === null ? [] : [variants.length === 0 ? '0' : `f.variant IN (${textList(variants)})`]),
  ];
  return conditions.length === 0 ? '1' : conditions.join(' AND ');
};

/** The joins of each kind: the state of the last record up to the sequence number. */
const joins: Readonly<Record<JoinName, (state: FactState) => string>> = {
  status: statusJoin,
  attributes: ({ table, sequence }) =>
    latestOfUser('a', `${table('user_attributes')} WHERE seq <= ${sequence}`, ['country', 'gender']),
  files: ({ table, sequence }) =>
    latestOfUser('b', `${table('user_births')} WHERE seq <= ${sequence}`, ['band_days']) +
    latestOfUser('i', `${table('user_images')} WHERE seq <= ${sequence}`, ['has_image']),
  city: ({ table, addressTable }) =>
    addressTable === 0
      ? ''
      : ` LEFT ANY JOIN (SELECT ip, city FROM ${table('ip_cities')} WHERE table_seq = ${addressTable}) AS c ON f.ip = c.ip`,
  experiment: () => '',
};

/**
 * The status of the change with the greatest (time, seq) at or before the fact's time. Of changes at the same instant only
 * the last one is joined: which of several equal ones an ASOF JOIN takes is not defined.
 */
function statusJoin({ table, sequence, validAtUs }: FactState): string {
  const known = `${table('status_changes')} WHERE seq <= ${sequence}`;
  if (validAtUs === undefined)
    return ` ASOF LEFT JOIN (SELECT user_id, at_us, argMax(status, seq) AS status FROM ${known} GROUP BY user_id, at_us) AS s ON f.user_id = s.user_id AND f.occurred_at_us >= s.at_us`;
  const then = `${known} AND at_us <= ${integerLiteral(validAtUs)}`;
  return ` LEFT JOIN (SELECT user_id, argMax(status, (at_us, seq)) AS status FROM ${then} GROUP BY user_id) AS s ON f.user_id = s.user_id`;
}

const latestOfUser = (alias: string, from: string, columns: readonly string[]): string => {
  const latest = columns.map((column) => `argMax(${column}, seq) AS ${column}_last`).join(', ');
  const renamed = columns.map((column) => `${column}_last AS ${column}`).join(', ');
  return ` LEFT JOIN (SELECT user_id, ${renamed} FROM (SELECT user_id, ${latest} FROM ${from} GROUP BY user_id)) AS ${alias} ON f.user_id = ${alias}.user_id`;
};

export const factTables: Readonly<Record<FactSource, string>> = {
  TRANSACTIONS: 'transactions',
  EXPERIMENT_EVENTS: 'experiment_events',
};

/** The name of a dimension's column in `enrichedFacts`. */
export const columnOf = (name: DimensionName): string => `d_${name.toLowerCase()}`;

/** The facts up to a sequence number as a table: seq, user_id, occurred_at_us, amount, and the columns of dimensions. */
export const enrichedFacts = (
  state: FactState,
  needed: ReadonlySet<DimensionName>,
  userIds: readonly string[] | null | undefined,
): string => {
  const names = [...needed];
  const joined = new Set(names.flatMap((name) => definitionOf(name).join ?? []));
  const columns = names.map((name) => `, ${expressions[name](state)} AS ${columnOf(name)}`).join('');
  const ofUsers = userIds ? ` AND ${userIds.length === 0 ? '0' : `user_id IN (${textList(userIds)})`}` : '';
  const facts = `SELECT * FROM ${state.table(factTables[state.source])} WHERE seq <= ${state.sequence}${ofUsers}`;
  const own = 'f.seq AS seq, f.user_id AS user_id, f.occurred_at_us AS occurred_at_us, f.amount AS amount';
  return `SELECT ${own}${columns} FROM (${facts}) AS f${[...joined].map((name) => joins[name](state)).join('')}`;
};
