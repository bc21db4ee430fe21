import {
  type DimensionName,
  definitionOf,
  dimensionNames,
  type FactSource,
  hasDimension,
  type JoinName,
} from '../../src/domains/facts/dimensions.ts';
import type { AssignmentRule, AssignmentRules } from '../../src/domains/facts/knowledge.ts';
import { ageBandLabels, dayOfUs } from '../../src/lib/age.ts';
import { dayUs } from '../../src/lib/time.ts';
import { unknownLabel } from '../../src/lib/unknown-label.ts';
import { integerLiteral, textList, textLiteral } from './literals.ts';
import { type StoredState, storedFacts } from './stored.ts';
import type { TableName } from './tables.ts';

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
  /** The stored enrichment that is of this state, or of an earlier one; undefined joins all facts. */
  readonly stored: StoredState | undefined;
  /** The full name of a table, on a cluster of that of a shard: each joins the facts of its own users. */
  table(name: string): string;
}

interface DimensionSql {
  /** The expression over the fact `f` and what it is joined to, as below. */
  of(state: FactState): string;
  /** The type of the column that stores it, for what decides at each fact's own time. */
  readonly stored?: 'LowCardinality(String)' | 'UInt8';
  /** Whether the stored value is that of a state of the same sequence number; default: it is. */
  holds?(state: FactState): boolean;
}

const isOwnTime = ({ validAtUs }: FactState): boolean => validAtUs === undefined;

const dimensionSql: Readonly<Record<DimensionName, DimensionSql>> = {
  USER: { of: () => 'f.user_id' },
  USER_STATUS: {
    of: () => `if(s.status = '', 'non-paying', s.status)`,
    stored: 'LowCardinality(String)',
    holds: isOwnTime,
  },
  CITY: {
    of: ({ addressTable }) => (addressTable === 0 ? `'${unknownLabel}'` : orUnknown('c.city')),
    stored: 'LowCardinality(String)',
    holds: ({ addressTable, stored }) => addressTable === stored?.addressTable,
  },
  COUNTRY: { of: () => orUnknown('a.country'), stored: 'LowCardinality(String)' },
  GENDER: { of: () => orUnknown('a.gender'), stored: 'LowCardinality(String)' },
  AGE_BAND: {
    of(state) {
      const labels = textList([unknownLabel, ...ageBandLabels]);
      return `arrayElement([${labels}], 1 + arrayCount(day -> day <= ${dayOf(state)}, b.band_days))`;
    },
    stored: 'LowCardinality(String)',
    holds: isOwnTime,
  },
  HAS_IMAGE: { of: () => 'i.has_image', stored: 'UInt8' },
  PRODUCT: { of: () => 'f.product' },
  EXPERIMENT: { of: ({ rules }) => assignment(rules) },
  VARIANT: { of: () => 'f.variant' },
  ACCOUNT_TYPE: { of: () => 'f.account_type' },
  EVENT_TYPE: { of: () => 'f.event_type' },
  PERIOD: { of: ({ period }) => period ?? 'f.occurred_at_us' },
};

/** The dimensions of facts that are stored, with the types of their columns. */
export const storedDimensions = (source: FactSource): readonly (readonly [DimensionName, string])[] =>
  dimensionNames
    .filter((name) => hasDimension(source, name))
    .flatMap((name) => {
      const { stored } = dimensionSql[name];
      return stored === undefined ? [] : [[name, stored] as const];
    });

const isStored = (state: FactState, name: DimensionName): boolean => {
  const { stored, holds } = dimensionSql[name];
  return state.stored !== undefined && stored !== undefined && (holds?.(state) ?? true);
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

/** Which facts are joined. Both conditions begin with AND; they spare a join what no fact needs. */
interface Joined {
  /** The statement that selects them. */
  readonly facts: string;
  /** A condition on `user_id`, or none. */
  readonly ofUsers: string;
  /** A condition on `ip`, or none. */
  readonly ofAddresses: string;
}

/** The joins of each kind: the state of the last record up to the sequence number. */
const joins: Readonly<Record<JoinName, (state: FactState, joined: Joined) => string>> = {
  status: statusJoin,
  attributes: (state, joined) => latestOfUser('a', recordsOf('user_attributes', state, joined), ['country', 'gender']),
  files: (state, joined) =>
    latestOfUser('b', recordsOf('user_births', state, joined), ['band_days']) +
    latestOfUser('i', recordsOf('user_images', state, joined), ['has_image']),
  city: ({ table, addressTable }, { ofAddresses }) =>
    addressTable === 0
      ? ''
      : ` LEFT ANY JOIN (SELECT ip, city FROM ${table('ip_cities')} WHERE table_seq = ${addressTable}${ofAddresses}) AS c ON f.ip = c.ip`,
  experiment: () => '',
};

const recordsOf = (name: TableName, { table, sequence }: FactState, { ofUsers }: Joined): string =>
  `${table(name)} WHERE seq <= ${sequence}${ofUsers}`;

/**
 * The status of the change with the greatest (time, seq) at or before the fact's time. Of changes at the same instant only
 * the last one is joined: which of several equal ones an ASOF JOIN takes is not defined.
 */
function statusJoin(state: FactState, joined: Joined): string {
  const { validAtUs } = state;
  const known = recordsOf('status_changes', state, joined);
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

export const factTables = {
  TRANSACTIONS: 'transactions',
  EXPERIMENT_EVENTS: 'experiment_events',
} as const satisfies Readonly<Record<FactSource, TableName>>;

/** The name of a dimension's column in `enrichedFacts`. */
export const columnOf = (name: DimensionName): string => `d_${name.toLowerCase()}`;

/** What changes a stored dimension of the facts of a user. */
const changesOf: Readonly<Record<JoinName, readonly TableName[]>> = {
  status: ['status_changes'],
  attributes: ['user_attributes'],
  files: ['user_births', 'user_images'],
  city: [],
  experiment: [],
};

const joinsOf = (names: readonly DimensionName[]): Set<JoinName> =>
  new Set(names.flatMap((name) => definitionOf(name).join ?? []));

/** The statements that select the users whose stored dimensions may have changed after one sequence number and up to another. */
export const changedUsers = (
  { table, sequence }: FactState,
  after: number,
  names: readonly DimensionName[],
): string[] =>
  [...joinsOf(names)]
    .flatMap((name) => changesOf[name])
    .map((name) => `SELECT user_id FROM ${table(name)} WHERE seq > ${after} AND seq <= ${sequence}`);

interface Columns {
  /** The names of the fact's own columns. */
  readonly own: readonly string[];
  readonly names: readonly DimensionName[];
}

/** Facts with their dimensions, from those that are stored and from joins for the others. */
const enriched = (state: FactState, { own, names }: Columns, joined: Joined, fromStored: boolean): string => {
  const isRead = (name: DimensionName): boolean => fromStored && isStored(state, name);
  const columns = [
    ...own.map((column) => `f.${column} AS ${column}`),
    ...names.map((name) => {
      const column = columnOf(name);
      return `${isRead(name) ? `f.${column}` : dimensionSql[name].of(state)} AS ${column}`;
    }),
  ];
  const joinSql = [...joinsOf(names.filter((name) => !isRead(name)))].map((name) => joins[name](state, joined));
  return `SELECT ${columns.join(', ')} FROM (${joined.facts}) AS f${joinSql.join('')}`;
};

/** What came after a sequence number: see `findChanges`. */
export interface Changes {
  readonly after: number;
  /** The statement that selects the users whose earlier facts may have changed; null for none. */
  readonly users: string | null;
  readonly hasNewFacts: boolean;
}

/** `FROM … WHERE …` for the facts that came and for the earlier ones that may have changed. */
const changedFacts = (state: FactState, { after, users, hasNewFacts }: Changes, ofUsers: string): string[] => {
  const facts = state.table(factTables[state.source]);
  return [
    ...(hasNewFacts ? [`FROM ${facts} WHERE seq > ${after} AND seq <= ${state.sequence}${ofUsers}`] : []),
    ...(users === null ? [] : [`FROM ${facts} WHERE seq <= ${after} AND user_id IN (${users})${ofUsers}`]),
  ];
};

const selected = (columns: string, rows: readonly string[]): string =>
  rows.map((from) => `SELECT ${columns} ${from}`).join(' UNION ALL ');

/** The facts that changed, joined with no more than they need; undefined when there are none. */
export const changedSince = (
  state: FactState,
  columns: Columns,
  changes: Changes,
  ofUsers = '',
): string | undefined => {
  const rows = changedFacts(state, changes, ofUsers);
  if (rows.length === 0) return undefined;
  const joined: Joined = {
    facts: selected('*', rows),
    ofUsers: ` AND user_id IN (${selected('user_id', rows)})`,
    ofAddresses: state.source === 'TRANSACTIONS' ? ` AND ip IN (${selected('ip', rows)})` : '',
  };
  return enriched(state, columns, joined, false);
};

/** All facts that meet a condition on their users (` AND …`), joined. */
export const joinedFacts = (state: FactState, columns: Columns, ofUsers = ''): string => {
  const facts = `SELECT * FROM ${state.table(factTables[state.source])} WHERE seq <= ${state.sequence}${ofUsers}`;
  return enriched(state, columns, { facts, ofUsers, ofAddresses: '' }, false);
};

const ownColumns = ['seq', 'user_id', 'occurred_at_us', 'amount'];

/** Those of the dimensions that are read from what is stored. */
export const readDimensions = (state: FactState, needed: ReadonlySet<DimensionName>): DimensionName[] =>
  [...needed].filter((name) => isStored(state, name));

/**
 * The facts up to a sequence number as a table: seq, user_id, occurred_at_us, amount, further columns of the facts, and those of
 * dimensions. What is stored as of an earlier sequence number is completed by `changes`.
 */
export const enrichedFacts = (
  state: FactState,
  { needed, columns: further }: { readonly needed: ReadonlySet<DimensionName>; readonly columns: readonly string[] },
  userIds: readonly string[] | null | undefined,
  changes: Changes | undefined,
): string => {
  const columns = { own: [...ownColumns, ...further], names: [...needed] };
  const ofUsers = userIds ? ` AND ${userIds.length === 0 ? '0' : `user_id IN (${textList(userIds)})`}` : '';
  const { stored } = state;
  if (!stored || readDimensions(state, needed).length === 0) return joinedFacts(state, columns, ofUsers);
  const held = `SELECT * FROM ${storedFacts(state, stored)}${ofUsers}`;
  const partOf = (facts: string): string => enriched(state, columns, { facts, ofUsers, ofAddresses: '' }, true);
  const changed = changes && changedSince(state, columns, changes, ofUsers);
  if (!changed) return partOf(held);
  const older = changedFacts(state, { ...changes, hasNewFacts: false }, ofUsers);
  const unchanged = older.length === 0 ? held : `${held} AND seq NOT IN (${selected('seq', older)})`;
  return `${partOf(unchanged)} UNION ALL ${changed}`;
};
