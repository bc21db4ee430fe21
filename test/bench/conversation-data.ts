import { DuckDBInstance } from '@duckdb/node-api';
import { createRandom } from '../../src/demo/random.ts';
import { letters } from '../../src/lib/letter.ts';

/** Conversations as columns, in the order they began. */
export interface ConversationData {
  readonly atUs: Float64Array;
  /** Codes of letters. */
  readonly symbol: Uint8Array;
  /** One conversation of five has some. */
  readonly followups: Uint8Array;
}

/** So many conversations are recorded by one commit and have its time, as under load. */
export const perCommit = 10;
const startUs = Date.UTC(2024, 0, 1) * 1000;
const spanUs = 365 * 86_400 * 1e6;

export const createConversationData = (count: number): ConversationData => {
  const random = createRandom(20_260_101);
  const stepUs = Math.floor(spanUs / Math.ceil(count / perCommit));
  const conversations = {
    atUs: new Float64Array(count),
    symbol: new Uint8Array(count),
    followups: new Uint8Array(count),
  };
  for (let position = 0; position < count; position++) {
    const isFirst = position % perCommit === 0;
    const commit = Math.floor(position / perCommit);
    conversations.atUs[position] = isFirst
      ? startUs + commit * stepUs + random.below(stepUs)
      : (conversations.atUs[position - 1] as number);
    conversations.symbol[position] = random.below(letters.length);
    conversations.followups[position] = random.chance(20) ? 1 + random.below(3) : 0;
  }
  return conversations;
};

export interface Range {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Ranges of any length, half of their bounds the time of a conversation. */
export const createRanges = ({ atUs }: ConversationData, count: number): Range[] => {
  const random = createRandom(3);
  const bound = (): number =>
    random.chance(50) ? (atUs[random.below(atUs.length)] as number) : startUs + random.below(spanUs / 1e6) * 1e6;
  return Array.from({ length: count }, () => {
    const [one, other] = [bound(), bound()];
    return { fromUs: Math.min(one, other), toUs: Math.max(one, other) };
  });
};

export interface TalkRow {
  readonly symbol: string;
  readonly count: number;
  readonly earliestUs: number;
  readonly latestUs: number;
  readonly followups: number;
}

/** DuckDB in memory with one table; the number of follow-ups is a column of it, so that it has nothing to join. */
export const openConversationsInDuckdb = async ({ atUs, symbol, followups }: ConversationData) => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run('create table conversations (at_us bigint, symbol utinyint, followups utinyint)');
  const appender = await connection.createAppender('conversations');
  for (let row = 0; row < atUs.length; row++) {
    appender.appendBigInt(BigInt(atUs[row] as number));
    appender.appendUTinyInt(symbol[row] as number);
    appender.appendUTinyInt(followups[row] as number);
    appender.endRow();
  }
  appender.closeSync();
  return {
    async rows({ fromUs, toUs }: Range): Promise<TalkRow[]> {
      const reader = await connection.runAndReadAll(`
        select symbol, count(*), min(at_us), max(at_us), sum(followups) from conversations
        where at_us >= ${fromUs} and at_us < ${toUs} group by symbol order by symbol`);
      return reader.getRows().map((cells) => {
        const [code = 0, count = 0, earliestUs = 0, latestUs = 0, sum = 0] = cells.map(Number);
        return { symbol: letters[code] as string, count, earliestUs, latestUs, followups: sum };
      });
    },
    close: (): void => connection.closeSync(),
  };
};
