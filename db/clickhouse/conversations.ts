import type {
  ConversationEngine,
  FiguresRequest,
  PeriodCounts,
  StartCounts,
  StartPageRequest,
  StartsRequest,
  TrendBudget,
  TrendRequest,
} from '../../src/domains/conversations/engine.ts';
import type { SeqPage } from '../../src/domains/conversations/page.ts';
import type { Work } from '../../src/lib/work.ts';
import type { Connection } from './connection.ts';
import { textList, textLiteral } from './literals.ts';
import { periodExpression } from './periods.ts';
import type { QuestionServices } from './question.ts';

type ConversationServices = Pick<QuestionServices, 'connection' | 'projector'>;

/** Counts conversations in ClickHouse. Each answer waits until the records of its state are copied. */
export const createConversationEngine = ({ connection, projector }: ConversationServices): ConversationEngine => {
  const { starts, counts } = allIn(connection);
  const numberOf = (sequence: number, sql: string): Promise<number> =>
    projector.read(sequence, async () => {
      const [row] = await connection.rows<[number]>(sql);
      return Number(row?.[0] ?? 0);
    });
  return {
    page: (request, work) => projector.read(request.sequence, () => readPage(connection, request, work)),
    async figures(request, work) {
      const { sequence } = request;
      const [symbols, orphanFollowups] = await Promise.all([
        projector.read(sequence, () => readCounts(connection, request, work)),
        numberOf(sequence, `SELECT sum(followups) FROM ${counts} WHERE symbol = '' AND seq <= ${sequence}`),
      ]);
      return {
        symbols,
        orphanFollowups,
        trend: (trend, budget) => projector.read(sequence, () => readTrend(connection, request, trend, budget)),
      };
    },
    lastStartUpTo: (sequence) => numberOf(sequence, `SELECT max(seq) FROM ${starts} WHERE seq <= ${sequence}`),
    followupsUpTo: (sequence) => numberOf(sequence, `SELECT sum(followups) FROM ${counts} WHERE seq <= ${sequence}`),
    followupsOf: () => null,
  };
};

interface Sources {
  readonly starts: string;
  readonly counts: string;
}

const allIn = (connection: Connection): Sources => ({
  starts: connection.table('conversations'),
  counts: connection.table('followup_counts'),
});

const localIn = (connection: Connection): Sources => ({
  starts: connection.local('conversations'),
  counts: connection.local('followup_counts'),
});

/** `FROM … WHERE …` for the starts of a span, and for the follow-ups that count to them. */
const rowsOf = ({ starts, counts }: Sources, { span: { after, upTo }, sequence }: StartsRequest): Sources => ({
  starts: `FROM ${starts} WHERE seq > ${after} AND seq <= ${upTo}`,
  counts: `FROM ${counts} WHERE start_seq > ${after} AND start_seq <= ${upTo} AND seq <= ${sequence}`,
});

const readPage = async (
  connection: Connection,
  request: StartPageRequest,
  work: Work | undefined,
): Promise<SeqPage> => {
  const { symbol, span, afterSeq = 0, beforeSeq = span.upTo + 1, limit, fromEnd } = request;
  const low = Math.min(Math.max(span.after, afterSeq), span.upTo);
  const high = Math.max(Math.min(span.upTo, beforeSeq - 1), low);
  const ofSymbol = symbol === undefined ? '' : ` AND symbol = ${textLiteral(symbol)}`;
  const matching = `${rowsOf(allIn(connection), request).starts}${ofSymbol}`;
  const selected = `${matching} AND seq > ${low} AND seq <= ${high}`;
  const [rows, [counted = []]] = await Promise.all([
    connection.rows<[number]>(
      `SELECT seq ${selected} ORDER BY seq ${fromEnd ? 'DESC' : 'ASC'} LIMIT ${limit + 1}`,
      work,
    ),
    connection.rows<number[]>(`SELECT count(), countIf(seq <= ${low}), countIf(seq > ${high}) ${matching}`, work),
  ]);
  const [totalCount = 0, before = 0, behind = 0] = counted.map(Number);
  const seqs = rows.map(([seq]) => Number(seq));
  const more = seqs.length > limit;
  if (more) seqs.pop();
  if (fromEnd) seqs.reverse();
  return { seqs, totalCount, hasBefore: before > 0 || (fromEnd && more), hasAfter: behind > 0 || (!fromEnd && more) };
};

const noStarts: StartCounts = { count: 0, followups: 0, wrongGuesses: 0, firstSeq: 0, lastSeq: 0 };

const readCounts = async (
  connection: Connection,
  request: FiguresRequest,
  work: Work,
): Promise<readonly StartCounts[]> => {
  const { symbols } = request;
  if (symbols.length === 0) return [];
  const { starts, counts } = rowsOf(allIn(connection), request);
  const bySymbol = `AND symbol IN (${textList(symbols)}) GROUP BY symbol`;
  const [started, followed] = await Promise.all([
    connection.rows<[string, ...number[]]>(
      `SELECT symbol, count(), sum(is_wrong), min(seq), max(seq) ${starts} ${bySymbol}`,
      work,
    ),
    connection.rows<[string, number]>(`SELECT symbol, sum(followups) ${counts} ${bySymbol}`, work),
  ]);
  const followupsOf = new Map(followed.map(([symbol, count]) => [symbol, Number(count)]));
  const found = new Map(
    started.map(([symbol, ...numbers]): [string, StartCounts] => {
      const [count = 0, wrongGuesses = 0, firstSeq = 0, lastSeq = 0] = numbers.map(Number);
      return [symbol, { count, wrongGuesses, firstSeq, lastSeq, followups: followupsOf.get(symbol) ?? 0 }];
    }),
  );
  return symbols.map((symbol) => found.get(symbol) ?? noStarts);
};

const readTrend = async (
  connection: Connection,
  request: FiguresRequest,
  trend: TrendRequest,
  { work, onPoint }: TrendBudget,
): Promise<readonly PeriodCounts[]> => {
  const { symbols, sequence } = request;
  if (symbols.length === 0) return [];
  const period = await periodExpression(connection, { source: 'CONVERSATIONS', sequence }, trend);
  const { starts, counts } = rowsOf(localIn(connection), request);
  const ofSymbols = `AND symbol IN (${textList(symbols)})`;
  // Follow-ups count at the time of the start of their conversation.
  const rows = [
    `SELECT symbol, recorded_at_us AS occurred_at_us, 1 AS started, 0 AS followed ${starts} ${ofSymbols}`,
    `SELECT symbol, start_at_us, 0, followups ${counts} ${ofSymbols}`,
  ];
  const sql = `SELECT ${period} AS period, symbol, sum(f.started), sum(f.followed) FROM ${connection.overShards(rows.join(' UNION ALL '))} AS f GROUP BY period, symbol`;
  const points: PeriodCounts[] = [];
  await connection.each<[number, string, number, number]>(
    sql,
    ([periodStartUs, symbol, count, followedUp]) => {
      onPoint();
      points.push({
        periodStartUs: Number(periodStartUs),
        symbol,
        count: Number(count),
        followups: Number(followedUp),
      });
    },
    work,
  );
  const rankOf = new Map(symbols.map((symbol, rank) => [symbol, rank]));
  const rank = ({ symbol }: PeriodCounts): number => rankOf.get(symbol) ?? 0;
  return points.sort((a, b) => a.periodStartUs - b.periodStartUs || rank(a) - rank(b));
};
