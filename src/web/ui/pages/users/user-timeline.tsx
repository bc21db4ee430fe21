import { useCallback, useMemo } from 'react';
import { Chart, type ChartProps } from '../../components/chart.tsx';
import { categoryColors } from '../../components/colors.ts';
import { useZone } from '../../data/view.ts';
import { formatCount, formatFigure, missing, toNumber } from '../../format/numbers.ts';
import { axisDate, formatTime } from '../../format/times.ts';
import { statusWords } from '../../format/words.ts';
import type { UserStatus } from '../../generated/graphql.ts';
import type { UserDetails } from './user-details.ts';

const statusColors: Readonly<Record<UserStatus, string>> = {
  PAYING: categoryColors[2],
  NON_PAYING: '#b0b0b0',
  CANCELLED: categoryColors[1],
};

const bands = { status: 'status', purchases: 'purchases' } as const;

const useMarks = ({ statusTimeline, dots }: UserDetails, zone: string) =>
  useMemo(() => {
    const purchases = (dots?.edges ?? []).map(({ node }) => ({
      ...node,
      at: axisDate(node.occurredAt, zone),
      size: toNumber(node.amount),
    }));
    const periods = statusTimeline ?? [];
    const times = [
      ...purchases.map(({ at }) => at.getTime()),
      ...periods.flatMap(({ validFrom, validTo }) =>
        [validFrom, validTo].flatMap((at) => (at === null ? [] : [axisDate(at, zone).getTime()])),
      ),
      Date.now(),
    ];
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const margin = Math.max((last - first) * 0.05, 86_400_000);
    const band = periods.map(({ status, validFrom, validTo }) => ({
      status,
      word: statusWords[status],
      from: validFrom === null ? new Date(first - margin) : axisDate(validFrom, zone),
      to: validTo === null ? new Date(last + margin) : axisDate(validTo, zone),
      validFrom,
      validTo,
    }));
    return { purchases, band };
  }, [statusTimeline, dots, zone]);

/** The status over time as a band, with the purchases as dots above it. */
export function UserTimeline({ user }: { readonly user: UserDetails }) {
  const zone = useZone();
  const { purchases, band } = useMarks(user, zone);
  const plot = useCallback<ChartProps['plot']>(
    (_width, _isDark, { barX, dot }) => ({
      marginLeft: 80,
      x: { type: 'utc', label: 'time' },
      y: { domain: [bands.purchases, bands.status], label: null },
      r: { range: [2, 9] },
      color: {
        domain: Object.values(statusWords),
        range: (Object.keys(statusWords) as UserStatus[]).map((status) => statusColors[status]),
        legend: true,
      },
      marks: [
        barX(band, { x1: 'from', x2: 'to', y: () => bands.status, fill: 'word', tip: true }),
        dot(purchases, {
          x: 'at',
          y: () => bands.purchases,
          r: 'size',
          stroke: 'currentColor',
          fill: 'currentColor',
          fillOpacity: 0.25,
          tip: true,
        }),
      ],
    }),
    [band, purchases],
  );
  const total = user.dots?.totalCount ?? 0;
  const range = purchases.length < total ? `the last ${formatFigure(purchases.length)} of ` : '';
  const timeOf = (at: string | null) => (at === null ? missing : formatTime(at, zone));
  return (
    <Chart
      title={`${formatCount(band.length, 'period')} of status, ${range}${formatCount(total, 'purchase')}`}
      label="Status over time with purchases"
      zone={zone}
      height={160}
      plot={plot}
      table={{
        columns: ['what', 'from', 'to', { header: 'amount', numeric: true }],
        rows: [
          ...band.map(({ word, validFrom, validTo }) => [word, timeOf(validFrom), timeOf(validTo), null]),
          ...purchases.map(({ occurredAt, amount }) => ['purchase', timeOf(occurredAt), null, amount]),
        ],
      }}
      at={(index) =>
        index < band.length
          ? { x: band[index]?.from, y: bands.status }
          : { x: purchases[index - band.length]?.at, y: bands.purchases }
      }
    />
  );
}
