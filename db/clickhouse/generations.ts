import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import { findChanges } from './changes.ts';
import type { Cities } from './cities.ts';
import type { Connection } from './connection.ts';
import {
  type Changes,
  changedSince,
  columnOf,
  type FactState,
  factTables,
  joinedFacts,
  storedDimensions,
} from './enriched.ts';
import {
  type Generation,
  generationOf,
  type StoredState,
  storedFacts,
  storedTable,
  supersededTable,
} from './stored.ts';
import { createTable, dropTable, type TableDefinition, tables, tablesOf } from './tables.ts';

/** Where enriched facts are stored, and what they are made of. */
export interface GenerationServices {
  readonly connection: Connection;
  readonly cities: Cities;
  readonly knowledge: FactKnowledge;
}

/** A generation of stored enrichment with the steps that were taken. */
export interface StoredGeneration extends Generation {
  /** The sequence number of the last step, or of the build. */
  readonly sequence: number;
  /** The attempts at steps that failed. */
  readonly failed: readonly number[];
  readonly lastAttempt: number;
  /** Number of rows that no longer hold. */
  readonly superseded: number;
  /** About the number of facts. */
  readonly facts: number;
}

const sources = Object.keys(factTables) as readonly FactSource[];

/** Facts that are joined by one statement when a generation is built. */
const sliceFacts = 4_000_000;

/** The newest generation that is complete; undefined for none, or for one whose steps do not follow each other. */
export const readGeneration = async ({ connection }: GenerationServices): Promise<StoredGeneration | undefined> => {
  const progress = connection.table('enrichment_progress');
  const [built] = await connection.rows<number[]>(
    `SELECT generation, address_table, last_seq FROM ${progress} WHERE state = 'BUILT' ORDER BY generation DESC LIMIT 1`,
  );
  if (!built) return undefined;
  const [id, addressTable, base] = built.map(Number) as [number, number, number];
  const steps = `FROM ${progress} WHERE generation = ${id} AND state != 'BUILT'`;
  const [totals = []] = await connection.rows<number[]>(
    `SELECT maxIf(last_seq, state = 'DONE'), sumIf(last_seq - after_seq, state = 'DONE'), sumIf(superseded, state = 'DONE'), max(attempt) ${steps}`,
  );
  const [last, advanced, superseded, lastAttempt] = totals.map(Number) as [number, number, number, number];
  const sequence = Math.max(base, last);
  // Two processes took steps, of which one was thought to have ended.
  if (sequence - base !== advanced) return undefined;
  const failed = await connection.rows<[number]>(
    `SELECT attempt ${steps} GROUP BY attempt HAVING countIf(state = 'DONE') = 0`,
  );
  const generation = { id, base, addressTable, sequence, lastAttempt, superseded };
  const facts = await countFacts(connection, sequence);
  return { ...generation, failed: failed.map(([attempt]) => Number(attempt)), facts };
};

const countFacts = async (connection: Connection, sequence: number): Promise<number> => {
  let facts = 0;
  for (const source of sources) facts += await countOf(connection, source, sequence);
  return facts;
};

const countOf = async (connection: Connection, source: FactSource, sequence: number): Promise<number> => {
  const sql = `SELECT count() FROM ${connection.table(factTables[source])} WHERE seq <= ${sequence}`;
  const [row] = await connection.rows<[number]>(sql);
  return Number(row?.[0] ?? 0);
};

/** Joins all facts up to a sequence number. The generation before this one stays, for questions that are under way. */
export const buildGeneration = async (
  services: GenerationServices,
  sequence: number,
  before: Generation | undefined,
): Promise<StoredGeneration> => {
  const { connection, cities } = services;
  await dropGenerations(connection, before);
  const addressTable = await cities.cover(sequence);
  // No other generation has had these tables: a statement that is thought to have failed may still insert into its own.
  const generation: Generation = { id: Math.max(Date.now(), (before?.id ?? 0) + 1), base: sequence, addressTable };
  await createGeneration(connection, generation);
  let facts = 0;
  for (const source of sources) {
    const count = await countOf(connection, source, sequence);
    const slices = Math.ceil(count / sliceFacts);
    for (let slice = 0; slice < slices; slice++) {
      const ofUsers = slices === 1 ? '' : ` AND cityHash64(user_id) % ${slices} = ${slice}`;
      const state = stateOf(services, { source, sequence, addressTable });
      const rows = joinedFacts(state, columnsOf(source), ofUsers);
      await connection.command(
        insertion(connection, generation, source, `SELECT *, ${sequence} AS from_seq, 0 AS attempt FROM (${rows})`),
      );
    }
    facts += count;
  }
  await note(connection, generation, { after: 0, last: sequence, attempt: 0, state: 'BUILT', superseded: 0 });
  return { ...generation, sequence, failed: [], lastAttempt: 0, superseded: 0, facts };
};

/**
 * Adds what the records after the generation's sequence number and up to another change. Rows of an attempt count once it is
 * noted as DONE.
 */
export const takeStep = async (
  services: GenerationServices,
  generation: StoredGeneration,
  to: number,
): Promise<StoredGeneration> => {
  const { connection, cities, knowledge } = services;
  const { sequence: after, id, addressTable } = generation;
  const attempt = generation.lastAttempt + 1;
  const range = { after, last: to, attempt };
  await note(connection, generation, { ...range, state: 'PLANNED', superseded: 0 });
  // Nobody reads the cities of a generation as of a sequence number at which another table counts.
  const isInForce = knowledge.addressTableAt(to) === addressTable;
  if (isInForce) await cities.cover(to);
  const held: StoredState = { ...generation, hasSuperseded: generation.superseded > 0 };
  for (const source of sources) {
    const state = stateOf(services, { source, sequence: to, addressTable: isInForce ? addressTable : 0 });
    const changes = await findChanges(connection, state, after, columnsOf(source).names);
    for (const sql of stepStatements(connection, state, { changes, held, attempt })) await connection.command(sql);
  }
  const marked = connection.table(supersededTable(generation));
  const [count] = await connection.rows<[number]>(
    `SELECT count() FROM ${marked} WHERE from_seq < ${to} AND attempt = ${attempt}`,
  );
  const superseded = Number(count?.[0] ?? 0);
  await note(connection, { id, addressTable }, { ...range, state: 'DONE', superseded });
  return {
    ...generation,
    sequence: to,
    lastAttempt: attempt,
    superseded: generation.superseded + superseded,
    facts: generation.facts + (to - after),
  };
};

/** The statements that insert the rows of facts that are new or different, and note which rows these supersede. */
const stepStatements = (
  connection: Connection,
  state: FactState,
  { changes, held, attempt }: { readonly changes: Changes; readonly held: StoredState; readonly attempt: number },
): string[] => {
  const { source, sequence: to, table } = state;
  const columns = columnsOf(source);
  const { after, users } = changes;
  const rows = changedSince(state, columns, changes);
  if (!rows) return [];
  const inserted = `SELECT *, ${to} AS from_seq, ${attempt} AS attempt FROM (${rows})`;
  if (users === null) return [insertion(connection, held, source, inserted)];
  const ofChanged = `${storedFacts(state, held)} AND user_id IN (${users})`;
  const compared = ['seq', ...columns.names.map(columnOf)].join(', ');
  const different = `seq > ${after} OR (${compared}) NOT IN (SELECT ${compared} FROM ${ofChanged})`;
  const added = `FROM ${table(storedTable(held, source))} WHERE from_seq = ${to} AND attempt = ${attempt} AND seq <= ${after}`;
  return [
    insertion(connection, held, source, `${inserted} WHERE ${different}`),
    insertionOverShards(
      connection,
      supersededTable(held),
      supersededDefinition,
      `SELECT user_id, seq, from_seq, ${to} AS step_seq, ${attempt} AS step_attempt FROM ${ofChanged} AND seq IN (SELECT seq ${added})`,
    ),
  ];
};

const columnsOf = (source: FactSource): { own: readonly string[]; names: Parameters<typeof columnOf>[0][] } => ({
  own: tables[factTables[source]].columns,
  names: storedDimensions(source).map(([name]) => name),
});

const insertion = (connection: Connection, generation: Generation, source: FactSource, rows: string): string =>
  insertionOverShards(connection, storedTable(generation, source), definitionOf(source), rows);

const insertionOverShards = (
  connection: Connection,
  name: string,
  { columns }: TableDefinition,
  rows: string,
): string =>
  `INSERT INTO ${connection.table(name)} (${columns.join(', ')}) SELECT * FROM ${connection.overShards(rows)}`;

const stateOf = (
  { connection }: GenerationServices,
  state: Pick<FactState, 'source' | 'sequence' | 'addressTable'>,
): FactState => ({
  ...state,
  validAtUs: undefined,
  rules: { rules: [], otherwise: '' },
  period: undefined,
  stored: undefined,
  table: (name) => connection.local(name),
});

const createGeneration = async (connection: Connection, generation: Generation): Promise<void> => {
  for (const source of sources) await createTable(connection, storedTable(generation, source), definitionOf(source));
  await createTable(connection, supersededTable(generation), supersededDefinition);
};

/** The columns of the facts, those of their dimensions, the step that inserted the row, and the attempt at it. */
const definitionOf = (source: FactSource): TableDefinition => {
  const { columns, types, order } = tables[factTables[source]];
  const stored = storedDimensions(source);
  return {
    columns: [...columns, ...stored.map(([name]) => columnOf(name)), 'from_seq', 'attempt'],
    types: [...types, ...stored.map(([, type]) => type), 'UInt64', 'UInt32'],
    order,
  };
};

/** With the user, so that a row is on the shard of the fact. */
const supersededDefinition: TableDefinition = {
  columns: ['user_id', 'seq', 'from_seq', 'at_seq', 'attempt'],
  types: ['String', 'UInt64', 'UInt64', 'UInt64', 'UInt32'],
  order: 'at_seq, seq',
};

const dropGenerations = async (connection: Connection, kept: Generation | undefined): Promise<void> => {
  for (const table of await tablesOf(connection)) {
    const id = generationOf(table);
    if (id !== undefined && id !== kept?.id) await dropTable(connection, table);
  }
};

interface Noted {
  readonly after: number;
  readonly last: number;
  readonly attempt: number;
  readonly state: 'BUILT' | 'PLANNED' | 'DONE';
  readonly superseded: number;
}

const note = (
  connection: Connection,
  { id, addressTable }: Pick<Generation, 'id' | 'addressTable'>,
  { after, last, attempt, state, superseded }: Noted,
): Promise<void> => {
  const row = [id, addressTable, after, last, attempt, state, superseded];
  const { columns } = tables.enrichment_progress;
  return connection.insert('enrichment_progress', columns, [row], `${id} ${attempt} ${state}`);
};
