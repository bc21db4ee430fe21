import { Button, Group, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatCount, formatFigure, missing } from '../format/numbers.ts';
import { statusWords } from '../format/words.ts';
import type { FactJoinFragment, FactRowFragment } from '../generated/graphql.ts';
import { Origin } from './origin.tsx';
import { PageLink } from './page-link.tsx';
import { EmptyState } from './states.tsx';
import { Time } from './time.tsx';
import { unknownClass } from './unknown.tsx';

/** A fact with what its list joined to it: an edge of a list of facts. */
export interface JoinedFact {
  readonly node: FactRowFragment;
  readonly enrichment: FactJoinFragment;
}

interface Column {
  readonly title: string;
  readonly isNumeric?: boolean;
  cell(fact: JoinedFact): ReactNode;
  className?(fact: JoinedFact): string | undefined;
}

const common: readonly Column[] = [
  { title: 'Amount', isNumeric: true, cell: ({ node }) => formatFigure(node.amount) },
  {
    title: 'User',
    cell: ({ node: { userId } }) => (
      <PageLink inherit to="/users/$userId" params={{ userId }}>
        {userId}
      </PageLink>
    ),
  },
  { title: 'Status', cell: ({ enrichment }) => statusWords[enrichment.userStatus.status] },
  {
    title: 'Country',
    cell: ({ enrichment }) => enrichment.country,
    className: ({ enrichment }) => unknownClass(enrichment.country),
  },
];

const cityOf = ({ enrichment }: JoinedFact): string => enrichment.ipCity?.city ?? 'unknown';

const purchases: readonly Column[] = [
  { title: 'City', cell: cityOf, className: (fact) => unknownClass(cityOf(fact)) },
  { title: 'Product', cell: ({ node }) => (node.__typename === 'Transaction' ? node.productId : missing) },
  { title: 'Address', cell: ({ node }) => (node.__typename === 'Transaction' ? (node.ip ?? missing) : missing) },
];

const ofEvent =
  (read: (event: Extract<FactRowFragment, { __typename: 'ExperimentEvent' }>) => string | null) =>
  ({ node }: JoinedFact): string =>
    (node.__typename === 'ExperimentEvent' ? read(node) : null) ?? missing;

const events: readonly Column[] = [
  { title: 'Experiment', cell: ofEvent(({ experiment }) => experiment.key) },
  { title: 'Variant', cell: ofEvent(({ variant }) => variant) },
  { title: 'Account type', cell: ofEvent(({ accountType }) => accountType) },
  { title: 'Event type', cell: ofEvent(({ eventType }) => eventType ?? 'unknown') },
];

const record: Column = { title: 'Record', cell: ({ node }) => <Origin provenance={node.provenance} /> };

interface FactRowProps {
  readonly fact: JoinedFact;
  readonly columns: readonly Column[];
  onOpen(id: string): void;
}

const FactRow = ({ fact, columns, onOpen }: FactRowProps) => (
  <Table.Tr
    style={{ cursor: 'pointer' }}
    // Links and buttons of the row do what they say.
    onClick={({ target }) => target instanceof Element && !target.closest('a, button') && onOpen(fact.node.id)}
  >
    <Table.Td>
      <UnstyledButton fz="inherit" td="underline dotted" onClick={() => onOpen(fact.node.id)} title="Explain this row">
        <Time at={fact.node.occurredAt} />
      </UnstyledButton>
    </Table.Td>
    {columns.map(({ title, isNumeric, cell, className }) => (
      <Table.Td key={title} data-numeric={isNumeric || undefined} className={className?.(fact)}>
        {cell(fact)}
      </Table.Td>
    ))}
  </Table.Tr>
);

interface FactsTableProps {
  /** What the rows are, for screen readers: `Purchases of paying users in London`. */
  readonly label: string;
  readonly facts: readonly JoinedFact[];
  /** The number of facts on all pages. */
  readonly totalCount: number;
  readonly hasMore?: boolean;
  readonly isLoadingMore?: boolean;
  onLoadMore?(): void;
  /** Opens the explanation of the fact with this `id`. */
  onOpen(id: string): void;
}

/** The facts behind a figure, a row each, of purchases and of events of experiments alike. A row opens its explanation. */
export function FactsTable({ label, facts, totalCount, hasMore, isLoadingMore, onLoadMore, onOpen }: FactsTableProps) {
  if (facts.length === 0) return <EmptyState>No row matches.</EmptyState>;
  const hasEvents = facts.some(({ node }) => node.__typename === 'ExperimentEvent');
  const hasPurchases = facts.some(({ node }) => node.__typename === 'Transaction');
  const columns = [...common, ...(hasPurchases ? purchases : []), ...(hasEvents ? events : []), record];
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={760} maxHeight={560} type="native" tabIndex={0} role="region" aria-label={label}>
        <Table fz="sm" stickyHeader highlightOnHover style={{ whiteSpace: 'nowrap' }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Time</Table.Th>
              {columns.map(({ title, isNumeric }) => (
                <Table.Th key={title} scope="col" data-numeric={isNumeric || undefined}>
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {facts.map((fact) => (
              <FactRow key={fact.node.id} fact={fact} columns={columns} onOpen={onOpen} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">
          {facts.length === totalCount
            ? formatCount(totalCount, 'row')
            : `${formatFigure(facts.length)} of ${formatCount(totalCount, 'row')}`}
        </Text>
        {hasMore && (
          <Button size="compact-sm" variant="default" loading={isLoadingMore} onClick={onLoadMore}>
            Show more rows
          </Button>
        )}
      </Group>
    </Stack>
  );
}
