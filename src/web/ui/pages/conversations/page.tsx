import { Group, Select, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AsOfControl } from '../../components/as-of-control.tsx';
import { CitationButton } from '../../components/citation-button.tsx';
import { DayRange } from '../../components/day-range.tsx';
import { Figure } from '../../components/figure.tsx';
import { Page } from '../../components/page.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { formatFigure } from '../../format/numbers.ts';
import { ConversationFiguresDocument, type ConversationFiguresQuery } from '../../generated/graphql.ts';
import { ConversationDrawer } from './conversation-drawer.tsx';
import { ConversationTable } from './conversation-table.tsx';
import { FirstConversation } from './first-conversation.tsx';
import { LetterChart } from './letter-chart.tsx';
import { LetterTable } from './letter-table.tsx';
import { useRange } from './range.ts';
import { grains } from './search.ts';
import { TrendChart } from './trend-chart.tsx';

const route = getRouteApi('/conversations');

type Figures = NonNullable<ConversationFiguresQuery['dashboard']>;

const labels = { HOUR: 'by hour', DAY: 'by day', WEEK: 'by week', MONTH: 'by month' } as const;

function Controls() {
  const { first, last, grain = 'DAY' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <DayRange
        label="Days"
        first={first ?? null}
        last={last ?? null}
        onChange={(from, to) =>
          navigate({ search: (previous) => ({ ...previous, first: from ?? undefined, last: to ?? undefined }) })
        }
      />
      <Select
        aria-label="Periods of the trend"
        size="xs"
        w={110}
        allowDeselect={false}
        data={grains.map((value) => ({ value, label: labels[value] }))}
        value={grain}
        onChange={(chosen) =>
          navigate({
            search: (previous) => ({
              ...previous,
              grain: grains.find((each) => each === chosen && each !== 'DAY'),
            }),
          })
        }
      />
      <AsOfControl hasFacts={false} />
    </>
  );
}

/** The sum of all letters in a sentence. */
function Totals({ figures: { total, orphanFollowups, snapshot } }: { readonly figures: Figures }) {
  const navigate = route.useNavigate();
  return (
    <Group gap="xs" justify="space-between">
      <Text>
        <Figure
          value={total.count}
          label="conversations of all letters"
          onOpen={() => navigate({ search: (previous) => ({ ...previous, symbol: undefined }), hash: 'rows' })}
        />{' '}
        conversations with <Figure value={total.followups} /> follow-ups, from <Time at={total.earliest} /> to{' '}
        <Time at={total.latest} />; {formatFigure(orphanFollowups)} follow-ups have no stored conversation
      </Text>
      <CitationButton
        text={`${formatFigure(total.count)} conversations with ${formatFigure(total.followups)} follow-ups (snapshot ${snapshot.sequence})`}
      />
    </Group>
  );
}

function Body({ figures }: { readonly figures: Figures }) {
  const { symbol, grain = 'DAY' } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (letter: string) =>
    navigate({ search: (previous) => ({ ...previous, symbol: previous.symbol === letter ? undefined : letter }) });
  if (figures.total.count === 0 && figures.orphanFollowups === 0) return <FirstConversation />;
  return (
    <Stack gap="lg">
      <Totals figures={figures} />
      <LetterChart symbols={figures.symbols} />
      <LetterTable symbols={figures.symbols} chosen={symbol ?? null} onChoose={choose} />
      <TrendChart points={figures.trend ?? []} symbol={symbol ?? null} grain={grain} />
      <ConversationTable />
      <ConversationDrawer />
    </Stack>
  );
}

/** Which letters people ask about, and how the conversations went on. */
export function ConversationsPage() {
  const search = route.useSearch();
  const view = useView();
  const { range, zone } = useRange(search);
  const asOf = useAsOf();
  const result = useLiveQuery({
    query: ConversationFiguresDocument,
    variables: { range, zone, asOf, grain: search.grain ?? 'DAY' },
    kinds: isOfSnapshot(view) ? [] : ['CONVERSATIONS'],
  });
  return (
    <Page title="Conversations" actions={<Controls />}>
      <QueryView result={result} height={600}>
        {({ dashboard }) => dashboard && <Body figures={dashboard} />}
      </QueryView>
    </Page>
  );
}
