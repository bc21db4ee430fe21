import { List, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { formatCount, formatFigure } from '../../format/numbers.ts';
import { ConversationDetailsDocument, type ConversationDetailsQuery } from '../../generated/graphql.ts';

const route = getRouteApi('/conversations');

/** More follow-ups of one conversation than a person reads. */
const shownMax = 500;

function Details({ data: { conversation, followups } }: { readonly data: ConversationDetailsQuery }) {
  const nodes = followups?.nodes ?? [];
  return (
    <Stack gap="xs">
      {conversation ? (
        <Text>
          About “{conversation.symbol}”, guessed to be a {conversation.isVowelGuess ? 'vowel' : 'consonant'}, started{' '}
          <Time at={conversation.startedAt} />
        </Text>
      ) : (
        <Text>The start of this conversation is not stored.</Text>
      )}
      <Text fw={600}>{formatCount(followups?.totalCount ?? 0, 'follow-up')}</Text>
      <List>
        {nodes.map(({ receivedAt }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: repeats are equal in all they have
          <List.Item key={index}>
            <Time at={receivedAt} />
          </List.Item>
        ))}
      </List>
      {followups?.pageInfo.hasNextPage && <Text c="dimmed">These are the first {formatFigure(shownMax)}.</Text>}
    </Stack>
  );
}

/** The follow-ups of the conversation that the address names. */
export function ConversationDrawer() {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const asOf = useAsOf();
  const isFixed = isOfSnapshot(useView());
  const result = useLiveQuery({
    query: ConversationDetailsDocument,
    variables: { uuid: open ?? '', asOf, first: shownMax },
    kinds: isFixed ? [] : ['CONVERSATIONS'],
    pause: open === undefined,
  });
  return (
    <DetailDrawer
      title={`Conversation ${open ?? ''}`}
      isOpen={open !== undefined}
      onClose={() => navigate({ search: (previous) => ({ ...previous, open: undefined }) })}
    >
      {open !== undefined && <QueryView result={result}>{(data) => <Details data={data} />}</QueryView>}
    </DetailDrawer>
  );
}
