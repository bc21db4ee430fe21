import type { CellPattern, EventSelection, PatternDetail } from '../../src/domains/monitor/engine.ts';
import type { Work } from '../../src/lib/work.ts';
import { askSelection } from './monitor-selection.ts';
import type { QuestionServices } from './question.ts';

const minuteUs = 60_000_000;

/**
 * How the events of each cell follow each other in the order in which they are judged. An arrival is an event of another user
 * than the one before; a pause is counted from the latest time so far. Each step below adds what the next one needs.
 */
export const readPatterns = (
  services: QuestionServices,
  selection: EventSelection,
  detail: PatternDetail,
  work: Work,
): Promise<CellPattern[]> =>
  askSelection(services, selection, { groupBy: ['COUNTRY'] }, async (sql) => {
    const rows = await services.connection.rows<PatternRow>(patternSql(sql.placed, detail), work);
    return rows.map(patternOf);
  });

const before = 'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING';
const upToNow = 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';

/** Whether a value is another than that of the row before; `none` is a value that no row has. */
const isNew = (value: string, none: string, window: string): string =>
  `${value} != lagInFrame(${value}, 1, ${none}) OVER (${window} ${upToNow})`;

/** How much later than all rows before it a row is; 0 for the first. */
const pause = (time: string, window: string): string =>
  `if(row_number() OVER (${window} ${upToNow}) = 1, 0, greatest(${time} - max(${time}) OVER (${window} ${before}), 0))`;

/** How many of the peers' arrivals lie between a row and the one before; 0 for the first. */
const peerRun = (peers: string, window: string): string =>
  `if(row_number() OVER (${window} ${upToNow}) = 1, 0, ${peers} - lagInFrame(${peers}, 1, 0) OVER (${window} ${upToNow}))`;

const runningSum = (column: string, window: string): string => `sum(${column}) OVER (${window} ${upToNow})`;

const inAll = 'ORDER BY judged_group, at_us, seq';
const ordered = 'ORDER BY position';
const inMarket = `PARTITION BY country ${ordered}`;
const inCell = `PARTITION BY country, variant ${ordered}`;

const receipt = [
  `row_number() OVER (${inAll} ${upToNow}) AS position`,
  `${isNew('minute', '-1', inAll)} AS is_new_minute`,
  `${pause('recorded_at_us', inAll)} AS receipt_pause`,
];

const steps: readonly (readonly string[])[] = [
  [...receipt, `${isNew('user_id', "''", inAll)} AS is_new`, `${pause('at_us', inAll)} AS all_pause`],
  [`${runningSum('is_new', ordered)} AS arrivals`],
  [
    `${isNew('user_id', "''", inMarket)} AS is_new_in_market`,
    `${pause('at_us', inMarket)} AS market_pause`,
    `${peerRun('arrivals', inMarket)} AS market_run`,
  ],
  [`${runningSum('is_new_in_market', inMarket)} AS market_arrivals`],
  [
    `${isNew('user_id', "''", inCell)} AS is_new_in_cell`,
    `${pause('at_us', inCell)} AS cell_pause`,
    `${peerRun('market_arrivals', inCell)} AS cell_run`,
  ],
];

const patternSql = (placed: string, detail: PatternDetail): string => {
  const own = 'user_id, d_country AS country, variant, occurred_at_us AS at_us, recorded_at_us, judged_group, seq';
  let rows = `SELECT ${own}, intDiv(recorded_at_us, ${minuteUs}) AS minute ${placed} WHERE judged_group > 0`;
  const added = detail === 'ALL' ? steps : detail === 'RECEIPT' ? [receipt] : [];
  for (const columns of added) rows = `SELECT *, ${columns.join(', ')} FROM (${rows})`;
  const times =
    'min(at_us), max(at_us), maxIf(toNullable(at_us), at_us <= recorded_at_us), min(recorded_at_us), max(recorded_at_us)';
  const positions = detail === 'BOUNDS' ? 'min(seq), max(seq)' : 'min(position), max(position)';
  const ofReceipt = detail === 'BOUNDS' ? 'count(), 0' : 'sum(is_new_minute), max(receipt_pause)';
  const ofAll = detail === 'ALL' ? 'sum(is_new), max(all_pause)' : 'count(), 0';
  const ofPeers = (name: string, peers: string): string =>
    detail === 'ALL'
      ? `sum(is_new_in_${name}), max(${name}_pause), argMin(${peers}, position), argMax(${peers}, position), max(${name}_run)`
      : 'count(), 0, 0, 0, 0';
  const parts = [positions, times, ofAll, ofReceipt, ofPeers('market', 'arrivals'), ofPeers('cell', 'market_arrivals')];
  return `SELECT country, variant, ${parts.join(', ')} FROM (${rows}) GROUP BY country, variant`;
};

type PatternRow = readonly (string | number | null)[];

const patternOf = (row: PatternRow): CellPattern => {
  const [country, variant] = row as [string, string];
  const numbers = row.slice(2).map((value) => (value === null ? null : Number(value)));
  const [firstPosition, lastPosition, firstAtUs, lastAtUs, newestAtUs, firstRecordedAtUs, lastRecordedAtUs] =
    numbers as [number, number, number, number, number | null, number, number];
  const [arrivals, pauseUs, minutes, receiptPauseUs, ...parts] = numbers.slice(7) as number[];
  const partOf = (from: number) => {
    const [count, longestPauseUs, peersAtFirst, peersAtLast, longestPeerRun] = parts.slice(from) as [
      ...[number, number, number, number, number],
    ];
    return { arrivals: count, longestPauseUs, peersAtFirst, peersAtLast, longestPeerRun };
  };
  return {
    ...{ country, variant, firstPosition, lastPosition, firstAtUs, lastAtUs, newestAtUs },
    ...{ firstRecordedAtUs, lastRecordedAtUs },
    all: { arrivals: arrivals as number, longestPauseUs: pauseUs as number },
    byReceipt: { arrivals: minutes as number, longestPauseUs: receiptPauseUs as number },
    market: partOf(0),
    cell: partOf(5),
  };
};
