import type { DimensionName, FactSource } from '../../src/domains/facts/dimensions.ts';
import type { AsOf } from '../../src/domains/facts/engine.ts';
import type { FactFilter } from '../../src/domains/facts/filter.ts';
import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Grain } from '../../src/lib/periods.ts';
import { findChanges } from './changes.ts';
import type { Cities } from './cities.ts';
import type { Connection } from './connection.ts';
import { enrichedFacts, type FactState, factTables, readDimensions } from './enriched.ts';
import type { Enrichment } from './enrichment.ts';
import { conditionOf, dimensionsIn, needsNewest } from './filter.ts';
import { periodExpression } from './periods.ts';
import type { Projector } from './projector.ts';

/** What questions are answered with. */
export interface QuestionServices {
  readonly connection: Connection;
  readonly projector: Pick<Projector, 'reach' | 'read'>;
  readonly enrichment: Pick<Enrichment, 'stateAt'>;
  readonly cities: Cities;
  readonly knowledge: FactKnowledge;
  readonly ledger: Ledger;
  /** How much later than its arrival a fact may be dated. */
  readonly futureToleranceMs: number;
}

export interface QuestionOptions {
  readonly asOf?: AsOf | undefined;
  readonly where?: FactFilter | null | undefined;
  readonly userIds?: readonly string[] | undefined;
  readonly groupBy?: readonly DimensionName[];
  readonly grain?: Grain | undefined;
  readonly timeZone: string;
  /** Further columns of the facts themselves. */
  readonly columns?: readonly string[];
  /** Whether the latest time of the facts is needed beside what `where` needs. */
  readonly needsNewest?: boolean;
}

/** Enriched facts that match a filter, as of one sequence number. */
export interface Question {
  readonly sequence: number;
  /** The full name of the table of all facts of the kind. */
  readonly facts: string;
  /** `FROM … WHERE …`: the columns of `enrichedFacts`. */
  readonly matching: string;
  /** The latest time of the facts, for conditions that end there; 0 when it was not requested. */
  readonly newestUs: number;
}

/**
 * Prepares a question about the state of the ledger when it arrives, or about an earlier one: waits until the facts of that
 * state are copied. Facts that are copied later have greater sequence numbers, so that they change no answer.
 */
export const prepareQuestion = async (
  services: QuestionServices,
  source: FactSource,
  {
    asOf = {},
    where,
    userIds,
    groupBy = [],
    grain,
    timeZone,
    columns = [],
    needsNewest: isNeeded = false,
  }: QuestionOptions,
): Promise<Question> => {
  const { connection, projector, enrichment, cities, knowledge, ledger } = services;
  const sequence = ledger.resolveSequence(asOf);
  await projector.reach(sequence);
  const needed = new Set([...groupBy, ...dimensionsIn(where)]);
  const facts = { source, table: connection.table(factTables[source]), sequence };
  const addressTable = knowledge.addressTableAt(sequence);
  const stored = await enrichment.stateAt(sequence);
  // What is stored has its cities.
  const hasCities = stored?.sequence === sequence && stored.addressTable === addressTable;
  if (needed.has('CITY') && !hasCities) await cities.cover(sequence);
  const state: FactState = {
    source,
    sequence,
    validAtUs: asOf.validAtUs,
    addressTable,
    stored,
    rules: knowledge.assignmentRulesAt(sequence),
    period: grain && needed.has('PERIOD') ? await periodExpression(connection, facts, { grain, timeZone }) : undefined,
    table: (name) => connection.local(name),
  };
  const read = readDimensions(state, needed);
  const isBehind = stored !== undefined && stored.sequence < sequence && read.length > 0;
  const changes = isBehind ? await findChanges(connection, state, stored.sequence, read) : undefined;
  const newestUs = isNeeded || needsNewest(where) ? await newestOf(services, facts) : 0;
  const users = userIds ?? where?.userIds;
  const condition = conditionOf(where, { timeZone, newestUs });
  const rows = enrichedFacts(state, { needed, columns }, users, changes);
  return { sequence, newestUs, facts: facts.table, matching: `FROM ${connection.overShards(rows)} WHERE ${condition}` };
};

/** The latest time of facts that are not dated into the future by mistake, microseconds; 0 without any. */
const newestOf = async (
  { connection, futureToleranceMs }: QuestionServices,
  { table, sequence }: { readonly table: string; readonly sequence: number },
): Promise<number> => {
  const isSound = `occurred_at_us <= recorded_at_us + ${futureToleranceMs * 1000}`;
  const sql = `SELECT max(occurred_at_us) FROM ${table} WHERE seq <= ${sequence} AND ${isSound} HAVING count() > 0`;
  const [row] = await connection.rows<[number]>(sql);
  return row ? Number(row[0]) : 0;
};
