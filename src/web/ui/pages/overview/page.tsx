import { Stack } from '@mantine/core';
import { AsOfControl } from '../../components/as-of-control.tsx';
import { Page } from '../../components/page.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { OverviewHealthDocument } from '../../generated/graphql.ts';
import { Figures } from './figures.tsx';
import { FirstSteps } from './first-steps.tsx';
import { HealthLine, Verdicts } from './health-line.tsx';
import { LatestImports } from './latest-imports.tsx';

/** Any change moves one of the figures of health. */
const everyKind = ['IMPORTS', 'REJECTED_RECORDS', 'TRANSACTIONS', 'EVENTS', 'USERS', 'STATUS_CHANGES'] as const;

/** How all is: health, key figures, latest imports; on an empty server what to do first. */
export function OverviewPage() {
  const result = useLiveQuery({
    query: OverviewHealthDocument,
    variables: {},
    kinds: [...everyKind, 'CONVERSATIONS', 'DATASETS', 'IP_RANGES', 'EXPERIMENTS'],
  });
  return (
    <Page title="Overview" actions={<AsOfControl />}>
      <QueryView result={result} height={48}>
        {({ server, datasets }) => {
          const isEmpty = server?.snapshot.sequence === 0 && datasets?.totalCount === 0;
          return (
            <Stack gap="lg">
              {isEmpty && <FirstSteps />}
              <Stack gap="xs">
                {server && <HealthLine server={server} />}
                {!isEmpty && <Verdicts />}
              </Stack>
              {!isEmpty && <Figures />}
              <LatestImports />
            </Stack>
          );
        }}
      </QueryView>
    </Page>
  );
}
