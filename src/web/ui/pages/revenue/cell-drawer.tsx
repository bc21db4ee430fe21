import { Button, Group, Stack, Text } from '@mantine/core';
import { ArrowLeftIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { CitationButton } from '../../components/citation-button.tsx';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { FactExplanation } from '../../components/fact-explanation.tsx';
import { FactsTable } from '../../components/facts-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { formatFigure } from '../../format/numbers.ts';
import { citationText } from './citation.ts';
import { labelOfCell } from './dimensions.ts';
import type { Pivot } from './load-pivot.ts';
import { measures, unitOf } from './measures.ts';
import type { Cell } from './search.ts';
import { type FactsOfCell, useFacts } from './use-facts.ts';
import type { Revenue } from './use-revenue.ts';

interface CellFactsProps {
  readonly pivot: Pivot;
  readonly revenue: Revenue;
  readonly cell: Cell;
}

function Summary({ pivot, cell, facts, revenue }: CellFactsProps & { readonly facts: FactsOfCell }) {
  const { request, total } = pivot;
  const { label, valueIn, format } = measures[request.measure];
  const figure = format(valueIn(facts.figures, total));
  const unit = unitOf(request.measure, request.source);
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm">
        {label}{' '}
        <b className="asof-figure" data-figure>
          {figure}
        </b>{' '}
        {unit && <Text span inherit c="dimmed">{`${unit}, `}</Text>}
        <Text span inherit c="dimmed">{`snapshot ${formatFigure(facts.sequence)}`}</Text>
      </Text>
      <CitationButton
        text={citationText({ request, filters: revenue.settings.filters, cell, figure })}
        sequence={facts.sequence}
        label="Copy citation of this figure"
      />
    </Group>
  );
}

/** Exactly the rows of a figure, or the explanation of one of them. */
function CellFacts({ pivot, revenue, cell }: CellFactsProps) {
  // Figures move on while the drawer is open; its rows are those of the figure that was clicked.
  const [{ request, asOf }] = useState(pivot);
  const { result, loadMore, loadAll } = useFacts(request, cell, asOf);
  const { fact } = revenue.settings;
  if (fact !== undefined)
    return (
      <Stack gap="sm" align="stretch">
        <Group>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<ArrowLeftIcon size={14} aria-hidden />}
            onClick={() => revenue.change({ fact: undefined })}
          >
            All rows
          </Button>
        </Group>
        <FactExplanation id={fact} asOf={asOf} />
      </Stack>
    );
  return (
    <QueryView result={result} height={400}>
      {(facts) => (
        <Stack gap="sm">
          <Summary {...{ pivot, revenue, cell, facts }} />
          <FactsTable
            label={`Rows of ${labelOfCell(cell, request.grain, request.timeZone)}`}
            facts={facts.edges}
            totalCount={facts.totalCount}
            hasMore={facts.endCursor !== null}
            onLoadMore={loadMore}
            loadAll={loadAll}
            onOpen={(id) => revenue.change({ fact: id })}
          />
        </Stack>
      )}
    </QueryView>
  );
}

/** The rows behind the figure that the address names. */
export function CellDrawer({ pivot, revenue }: Omit<CellFactsProps, 'cell'>) {
  const { cell, source, fact } = revenue.settings;
  const { grain, timeZone } = pivot.request;
  const rows = source === 'TRANSACTIONS' ? 'Purchases' : 'Events';
  const title = fact === undefined ? rows : source === 'TRANSACTIONS' ? 'One purchase' : 'One event';
  return (
    <DetailDrawer
      title={cell ? `${title}: ${labelOfCell(cell, grain, timeZone)}` : title}
      isOpen={cell !== undefined}
      onClose={() => revenue.change({ cell: undefined, fact: undefined })}
    >
      {cell && <CellFacts key={JSON.stringify(cell)} {...{ pivot, revenue, cell }} />}
    </DetailDrawer>
  );
}
