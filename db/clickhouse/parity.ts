import type { ConversationEngine } from '../../src/domains/conversations/engine.ts';
import {
  type DimensionName,
  definitionOf,
  dimensionNames,
  type FactSource,
  hasDimension,
} from '../../src/domains/facts/dimensions.ts';
import type { FactEngine, FactGroups } from '../../src/domains/facts/engine.ts';
import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { letters } from '../../src/lib/letter.ts';
import { Work } from '../../src/lib/work.ts';
import type { Store } from '../store.ts';
import { Cities } from './cities.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { createConversationEngine } from './conversations.ts';
import { compareCopy } from './copy-digests.ts';
import { createEngine } from './engine.ts';
import { factTables } from './enriched.ts';
import { readGeneration } from './generations.ts';
import { digestAt, readProgress } from './progress.ts';
import type { QuestionServices } from './question.ts';

export interface ParityServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly knowledge: FactKnowledge;
  /** The engines that answer from the ledger of this process. */
  readonly engines: Readonly<Record<FactSource, FactEngine>>;
  readonly conversations: ConversationEngine;
}

export interface ParityOptions extends ConnectionOptions {
  readonly futureToleranceMs: number;
  /** Share of the records that are compared one by one, 0 to 1. */
  readonly share: number;
}

export interface ParityReport {
  /** The sequence number up to which records are copied. */
  readonly sequence: number;
  /** That of the compared answers: the newest whose facts are stored as joined. */
  readonly answersSequence: number;
  readonly records: number;
  readonly answers: number;
  readonly differences: readonly string[];
}

/**
 * Compares what is in ClickHouse with the ledger: the copied rows, and the aggregates by day and each joined dimension. Beside
 * a server that goes on copying it looks at the state that it finds first.
 */
export const checkParity = async (options: ParityOptions, services: ParityServices): Promise<ParityReport> => {
  const connection = new Connection(options);
  try {
    const { done: sequence, digest } = await readProgress(connection);
    if (sequence > 0 && digestAt(services.store, sequence) !== digest) {
      const difference = `ClickHouse has ${sequence} records of another ledger, or of another state of this one`;
      return { sequence, answersSequence: 0, records: 0, answers: 0, differences: [difference] };
    }
    const { records, differences } = await compareCopy(connection, services, { sequence, share: options.share });
    const found = await compareAnswers(connection, options, services, sequence);
    return { sequence, records, ...found, differences: [...differences, ...found.differences] };
  } finally {
    await connection.close();
  }
};

const compareAnswers = async (
  connection: Connection,
  { futureToleranceMs }: ParityOptions,
  { ledger, knowledge, engines, conversations }: ParityServices,
  copied: number,
): Promise<Pick<ParityReport, 'answersSequence' | 'answers' | 'differences'>> => {
  const cities = new Cities(connection, knowledge);
  const generation = await readGeneration({ connection, cities, knowledge });
  const answersSequence = generation?.sequence ?? copied;
  const state = generation && { ...generation, hasSuperseded: generation.superseded > 0 };
  // Nothing is copied meanwhile that these answers need.
  const projector: QuestionServices['projector'] = { reach: async () => undefined, read: (_at, run) => run(0) };
  const fixed = { projector, enrichment: { stateAt: async () => state } };
  const questions = { connection, ...fixed, cities, knowledge, ledger, futureToleranceMs };
  const differences = await compareConversations(conversations, createConversationEngine(questions), answersSequence);
  let answers = 1;
  for (const source of Object.keys(factTables) as FactSource[])
    for (const dimension of dimensionNames) {
      if (!hasDimension(source, dimension) || !definitionOf(dimension).join) continue;
      const query = {
        groupBy: [dimension, 'PERIOD'],
        grain: 'DAY',
        timeZone: 'UTC',
        asOf: { sequence: answersSequence },
      } as const;
      const [expected, found] = (await Promise.all(
        [engines[source], createEngine(questions, source)].map(async (engine) =>
          measuresOf(await engine.group(query, { work: new Work(), onGroup: () => undefined })),
        ),
      )) as [Map<string, string>, Map<string, string>];
      answers++;
      for (const key of new Set([...expected.keys(), ...found.keys()]))
        if (expected.get(key) !== found.get(key))
          differences.push(
            `${describe(source, dimension, key)}: ${found.get(key) ?? none} in ClickHouse, ${expected.get(key) ?? none} in the ledger`,
          );
    }
  return { answersSequence, answers, differences };
};

/** Compares the conversations of each letter that started on each day, with their follow-ups. */
const compareConversations = async (
  own: ConversationEngine,
  copied: ConversationEngine,
  sequence: number,
): Promise<string[]> => {
  const work = new Work();
  const request = { symbols: [...letters], span: { after: 0, upTo: sequence }, sequence };
  const [expected, found] = (await Promise.all(
    [own, copied].map(async (engine) => {
      const { orphanFollowups, trend } = await engine.figures(request, work);
      const points = await trend({ grain: 'DAY', timeZone: 'UTC' }, { work, onPoint: () => undefined });
      return new Map([
        ['orphan follow-ups', `${orphanFollowups}`],
        ...points.map(({ periodStartUs, symbol, count, followups }): [string, string] => [
          `conversations about ${symbol} of ${dayOf(periodStartUs)}`,
          `${count} with ${followups} follow-ups`,
        ]),
      ]);
    }),
  )) as [Map<string, string>, Map<string, string>];
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => expected.get(key) !== found.get(key))
    .map((key) => `${key}: ${found.get(key) ?? 'none'} in ClickHouse, ${expected.get(key) ?? 'none'} in the ledger`);
};

const dayOf = (atUs: number): string => new Date(atUs / 1000).toISOString().slice(0, 10);

const none = 'no facts';

const measuresOf = (groups: FactGroups): Map<string, string> => {
  const measures = new Map<string, string>();
  for (const [group, count] of groups.counts.entries())
    if (count > 0)
      measures.set(
        JSON.stringify([groups.valueOf(group, 0), groups.valueOf(group, 1)]),
        `${count} facts with amounts of ${groups.sumOf(group)} millionths`,
      );
  return measures;
};

const describe = (source: FactSource, dimension: DimensionName, key: string): string => {
  const [value, dayStartUs] = JSON.parse(key) as [string | number, number];
  return `${source} of ${dayOf(dayStartUs)} with ${dimension} ${value}`;
};
