import { Group, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLiveQuery } from '../data/live.tsx';
import type { AsOf } from '../data/view.ts';
import { formatFigure, missing } from '../format/numbers.ts';
import { statusWords } from '../format/words.ts';
import { FactExplainedDocument, type FactExplainedQuery } from '../generated/graphql.ts';
import { CityExplanation } from './city-explanation.tsx';
import { Origin } from './origin.tsx';
import { PageLink } from './page-link.tsx';
import { QueryView } from './query-view.tsx';
import { EmptyState } from './states.tsx';
import { StatusExplanation } from './status-explanation.tsx';
import { Time } from './time.tsx';

type ExplainedFact = Extract<NonNullable<FactExplainedQuery['node']>, { userId: string }>;

const attributesOf = (fact: ExplainedFact): readonly (readonly [string, ReactNode])[] => {
  const { country, gender, age, hasImage } = fact.enrichment ?? {};
  const own =
    fact.__typename === 'Transaction'
      ? ([
          ['Purchase', fact.transactionId],
          ['Product', fact.productId],
          ['Address', fact.ip ?? missing],
        ] as const)
      : ([
          ['Event', fact.eventId ?? missing],
          ['Experiment', fact.experiment.key],
          ['Variant', fact.variant],
          ['Account type', fact.accountType],
          ['Event type', fact.eventType ?? missing],
          ['Arrived late', fact.isLate ? 'yes' : 'no'],
        ] as const);
  return [
    ['Time', <Time key="at" at={fact.occurredAt} />],
    ['Amount', formatFigure(fact.amount)],
    [
      'User',
      <PageLink key="user" inherit to="/users/$userId" params={{ userId: fact.userId }}>
        {fact.userId}
      </PageLink>,
    ],
    ...own,
    ['Country, gender', `${country ?? missing}, ${gender ?? missing}`],
    ['Age, image', `${formatFigure(age)}, ${hasImage ? 'with image' : 'no image'}`],
    ['Stored', <Time key="stored" at={fact.receivedAt} />],
    ['Record', <Origin key="origin" provenance={fact.provenance} />],
  ];
};

interface SectionProps {
  readonly title: string;
  readonly answer: string;
  readonly children: ReactNode;
}

const Section = ({ title, answer, children }: SectionProps) => (
  <Stack gap="xs">
    <Group gap="xs">
      <Title order={3} size="h5">
        {title}
      </Title>
      <Text fw={600}>{answer}</Text>
    </Group>
    {children}
  </Stack>
);

function Explanation({ fact }: { readonly fact: ExplainedFact }) {
  const { enrichment } = fact;
  return (
    <Stack gap="md">
      <Table fz="sm" variant="vertical" aria-label="The record">
        <Table.Tbody>
          {attributesOf(fact).map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w={130}>
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {enrichment && (
        <Section title="Status" answer={statusWords[enrichment.userStatus.status]}>
          <StatusExplanation status={enrichment.userStatus} />
        </Section>
      )}
      {fact.__typename === 'Transaction' && (
        <Section title="City" answer={enrichment?.ipCity?.city ?? 'unknown'}>
          {enrichment?.ipCity ? (
            <CityExplanation city={enrichment.ipCity} />
          ) : (
            <Text size="sm">The purchase has no address, so its city is unknown.</Text>
          )}
        </Section>
      )}
    </Stack>
  );
}

interface FactExplanationProps {
  /** The opaque `id` of a transaction or an event, as its list gave it: with the snapshot of the list. */
  readonly id: string;
  /** As of what the list joined it; null for its own time and the snapshot of the id. */
  readonly asOf: AsOf | null;
}

/** Why a fact counts where it counts: the status of its user, the city of its address, and the records behind both. */
export function FactExplanation({ id, asOf }: FactExplanationProps) {
  const result = useLiveQuery({
    query: FactExplainedDocument,
    variables: { id, asOf },
    kinds: asOf?.sequence !== undefined || asOf?.knownAt !== undefined ? [] : ['STATUS_CHANGES', 'IP_RANGES', 'USERS'],
  });
  return (
    <QueryView key={id} result={result} height={400}>
      {({ node }) =>
        node && 'userId' in node ? (
          <Explanation fact={node} />
        ) : (
          <EmptyState>There is no such record in this snapshot.</EmptyState>
        )
      }
    </QueryView>
  );
}
