import { useMemo } from 'react';
import type { LoadAll } from '../data/paged-rows.ts';
import { useZone } from '../data/view.ts';
import { formatFigure, missing } from '../format/numbers.ts';
import { statusWords } from '../format/words.ts';
import type { FactJoinFragment, FactRowFragment } from '../generated/graphql.ts';
import { type DataColumn, DataTable } from './data-table.tsx';
import { Origin } from './origin.tsx';
import { PageLink } from './page-link.tsx';
import { Time } from './time.tsx';
import { unknownClass } from './unknown.tsx';

/** A fact with what its list joined to it: an edge of a list of facts. */
export interface JoinedFact {
  readonly node: FactRowFragment;
  readonly enrichment: FactJoinFragment;
}

type Column = DataColumn<JoinedFact>;

/** A column of text, in which what is missing is an empty cell of an export. */
const textColumn = (
  id: string,
  header: string,
  read: (fact: JoinedFact) => string | null | undefined,
  column: Partial<Column> = {},
): Column => ({
  id,
  header,
  cell: (fact) => read(fact) ?? missing,
  text: (fact) => read(fact) ?? '',
  width: 120,
  ...column,
});

const time: Column = {
  id: 'time',
  header: 'Time',
  cell: ({ node }) => <Time at={node.occurredAt} />,
  text: ({ node }) => node.occurredAt,
  width: 240,
};

const countryOf = ({ enrichment }: JoinedFact): string => enrichment.country;

const common: readonly Column[] = [
  time,
  textColumn('amount', 'Amount', ({ node }) => node.amount, {
    numeric: true,
    cell: ({ node }) => formatFigure(node.amount),
  }),
  textColumn('user', 'User', ({ node }) => node.userId, {
    cell: ({ node: { userId } }) => (
      <PageLink inherit to="/users/$userId" params={{ userId }}>
        {userId}
      </PageLink>
    ),
  }),
  textColumn('status', 'Status', ({ enrichment }) => statusWords[enrichment.userStatus.status]),
  textColumn('country', 'Country', countryOf, { className: (fact) => unknownClass(countryOf(fact)), width: 100 }),
];

const cityOf = ({ enrichment }: JoinedFact): string => enrichment.ipCity?.city ?? 'unknown';

const ofPurchase =
  (read: (purchase: Extract<FactRowFragment, { __typename: 'Transaction' }>) => string | null) =>
  ({ node }: JoinedFact): string | null =>
    node.__typename === 'Transaction' ? read(node) : null;

const purchases: readonly Column[] = [
  textColumn('city', 'City', cityOf, { className: (fact) => unknownClass(cityOf(fact)) }),
  textColumn(
    'product',
    'Product',
    ofPurchase(({ productId }) => productId),
  ),
  textColumn(
    'address',
    'Address',
    ofPurchase(({ ip }) => ip),
  ),
  textColumn(
    'transaction',
    'Purchase',
    ofPurchase(({ transactionId }) => transactionId),
  ),
];

const ofEvent =
  (read: (event: Extract<FactRowFragment, { __typename: 'ExperimentEvent' }>) => string | null) =>
  ({ node }: JoinedFact): string | null =>
    node.__typename === 'ExperimentEvent' ? read(node) : null;

const events: readonly Column[] = [
  textColumn(
    'experiment',
    'Experiment',
    ofEvent(({ experiment }) => experiment.key),
  ),
  textColumn(
    'variant',
    'Variant',
    ofEvent(({ variant }) => variant),
    { width: 90 },
  ),
  textColumn(
    'accountType',
    'Account type',
    ofEvent(({ accountType }) => accountType),
  ),
  textColumn(
    'eventType',
    'Event type',
    ofEvent(({ eventType }) => eventType ?? 'unknown'),
  ),
];

const record: Column = {
  id: 'record',
  header: 'Record',
  cell: ({ node }) => <Origin provenance={node.provenance} />,
  text: ({ node: { provenance } }) =>
    `${provenance.source}${provenance.line === null ? '' : `, line ${provenance.line}`}, record ${provenance.sequence}`,
  width: 320,
};

interface FactsTableProps {
  /** What the rows are, for screen readers and as the name of exports: `Purchases of paying users in London`. */
  readonly label: string;
  /** Memoize them. */
  readonly facts: readonly JoinedFact[];
  /** The number of facts on all pages. */
  readonly totalCount: number;
  readonly hasMore?: boolean;
  onLoadMore?(): void;
  readonly loadAll?: LoadAll<JoinedFact>;
  /** Opens the explanation of the fact with this `id`. */
  onOpen(id: string): void;
}

/** The facts behind a figure, a row each, of purchases and of events of experiments alike. A row opens its explanation. */
export function FactsTable({ facts, onOpen, ...table }: FactsTableProps) {
  const zone = useZone();
  const hasEvents = facts.some(({ node }) => node.__typename === 'ExperimentEvent');
  const hasPurchases = facts.some(({ node }) => node.__typename === 'Transaction');
  // The zone is in the cells of the times, which are drawn anew only with their columns.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another zone is another text of the times
  const columns = useMemo(
    () => [...common, ...(hasPurchases ? purchases : []), ...(hasEvents ? events : []), record],
    [hasEvents, hasPurchases, zone],
  );
  return (
    <DataTable
      {...table}
      columns={columns}
      rows={facts}
      rowKey={({ node }) => node.id}
      onOpenRow={({ node }) => onOpen(node.id)}
      emptyText="No row matches."
    />
  );
}
