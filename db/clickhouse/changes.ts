import type { DimensionName } from '../../src/domains/facts/dimensions.ts';
import type { Connection } from './connection.ts';
import { type Changes, changedUsers, type FactState, factTables } from './enriched.ts';
import { textList } from './literals.ts';

/** Users that a statement lists; more are selected where they are needed. */
const listedUsersMax = 1000;

/** Finds what changed of stored dimensions after a sequence number, up to the one of a state. */
export const findChanges = async (
  connection: Connection,
  state: FactState,
  after: number,
  names: readonly DimensionName[],
): Promise<Changes> => {
  const facts = connection.table(factTables[state.source]);
  const [users, newFacts] = await Promise.all([
    findUsers(connection, changedUsers(state, after, names).join(' UNION ALL ')),
    connection.rows(`SELECT 1 FROM ${facts} WHERE seq > ${after} AND seq <= ${state.sequence} LIMIT 1`),
  ]);
  return { after, users, hasNewFacts: newFacts.length > 0 };
};

const findUsers = async (connection: Connection, selection: string): Promise<string | null> => {
  if (selection === '') return null;
  const sql = `SELECT DISTINCT user_id FROM ${connection.overShards(selection)} LIMIT ${listedUsersMax + 1}`;
  const users = (await connection.rows<[string]>(sql)).map(([userId]) => userId);
  if (users.length === 0) return null;
  return users.length > listedUsersMax ? selection : `SELECT arrayJoin([${textList(users)}])`;
};
