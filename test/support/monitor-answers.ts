import type { ArrivalSnapshot } from '../../src/domains/monitor/arrival-history.ts';
import type { ArrivalPattern } from '../../src/domains/monitor/arrival-pattern.ts';
import type { Monitor } from '../../src/domains/monitor/monitor.ts';
import type { MonitorReport } from '../../src/domains/monitor/report.ts';
import type { MonitorRequest } from '../../src/domains/monitor/request.ts';
import type { ObservedSplit } from '../../src/domains/monitor/split-history.ts';
import { DomainError } from '../../src/errors.ts';
import type { Grain } from '../../src/lib/periods.ts';
import { Work } from '../../src/lib/work.ts';

export interface AnswersRequest {
  readonly grain: Grain;
  /** The types of orders. */
  readonly eventTypes: readonly string[] | undefined;
  readonly byMarket: boolean;
}

/** Everything that a report says, with ids of users instead of codes; for a refused request its error. */
export const answersOf = async (
  monitor: Pick<Monitor, 'report'>,
  request: MonitorRequest,
  { userIdOf, ...options }: AnswersRequest & { readonly userIdOf: (code: number) => string },
): Promise<unknown> => {
  try {
    const report = await monitor.report(request, new Work());
    return { ...figuresOf(report), ...(await passesOf(report, options, userIdOf)) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { code: error.code, message: error.message };
  }
};

const figuresOf = ({ snapshot, health, watermarkUs, ...report }: MonitorReport) => {
  const { limits: _limits, split, splits, arrivals: _arrivals, ...counts } = snapshot;
  return {
    counts: { ...counts, strata: split?.strata, variants: split?.variants },
    splits: { all: observedOf(splits.all), unplanned: splits.unplanned, markets: mapOf(splits.markets, observedOf) },
    ...{ health, watermarkUs, exposures: report.exposures(), fingerprint: report.fingerprint() },
  };
};

/** When the test is crossed depends on the number of tests. */
const observedOf = (observed: ObservedSplit | undefined) =>
  observed && {
    ...observed,
    test: { ...observed.test, crossedAt: [1, 2, 5].map((divisor) => observed.test.crossedAt(divisor)) },
  };

/** Memory also keeps what the next event needs. */
export const patternsOf = ({ markets, newestAtUs, allMarkets, byReceipt }: ArrivalSnapshot) => {
  const patternOf = (pattern: ArrivalPattern) => ({ ...pattern, lastSource: undefined });
  return {
    ...{ newestAtUs, allMarkets: patternOf(allMarkets), byReceipt: patternOf(byReceipt) },
    markets: mapOf(markets, ({ pattern, variants }) => [patternOf(pattern), mapOf(variants, patternOf)]),
  };
};

const mapOf = <V, R>(map: ReadonlyMap<string, V>, read: (value: V) => R): Map<string, R> =>
  new Map([...map].map(([name, value]) => [name, read(value)]));

const passesOf = async (
  report: MonitorReport,
  { grain, eventTypes, byMarket }: AnswersRequest,
  userIdOf: (code: number) => string,
) => {
  const cells = report.exposures();
  const markets = [...new Set(cells.map(({ country }) => country))];
  const orders = { metric: 'ORDER_VALUE_PER_USER', eventTypes, cap: 0.9, byMarket } as const;
  return {
    sentence: await report.sentence(),
    cells: await Promise.all(
      cells.map(async ({ country, variant }) => {
        const { seqs, users } = await report.cellEvents(country, variant);
        return [seqs, users.map(userIdOf)];
      }),
    ),
    late: await report.countedEvents({ arrival: 'LATE' }),
    future: await report.countedEvents({ arrival: 'FUTURE' }),
    inTime: await report.countedEvents({ arrival: 'IN_TIME', variants: ['A', 'C', 'nothing'] }),
    suspects: await Promise.all([null, ...markets].map((market) => report.suspects(market))),
    crossovers: [null, ...markets].map((market) => report.crossoverUsers(market, 0, 1000).map(userIdOf)),
    outcomes: [
      await report.outcomes(orders),
      await report.outcomes({ metric: 'ORDERS_PER_USER', byMarket: !byMarket }),
      await report.outcomes({ metric: 'CONVERSION', eventTypes, byMarket }),
    ],
    ofMarkets: await Promise.all(markets.map((market) => report.marketOutcomes(market, orders))),
    shares: await report.shareTrend({ points: 5 }),
    trend: await report.trend(grain),
    arrivalTrend: await report.arrivalTrend(grain, { nextAfter: () => null, between: () => 0 }),
    quality: await report.arrivalQuality(2),
  };
};
