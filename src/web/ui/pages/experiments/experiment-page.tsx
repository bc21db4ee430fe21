import { Anchor, Box, Paper, Stack, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { AsOfControl } from '../../components/as-of-control.tsx';
import { Page } from '../../components/page.tsx';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { unknownLabel } from '../../format/labels.ts';
import { ExperimentReportDocument } from '../../generated/graphql.ts';
import { Arrival } from './arrival.tsx';
import { Checks } from './checks.tsx';
import classes from './experiment.module.css';
import { ActiveFilters } from './filter-panel.tsx';
import { MarketMatrix } from './matrix.tsx';
import type { Report } from './matrix-data.ts';
import { Outcomes } from './outcomes.tsx';
import { RowsDrawer } from './rows-drawer.tsx';
import { useExperimentSearch, useScope } from './scope.ts';
import { ShareChart } from './share-chart.tsx';
import { SidePanel } from './side-panel.tsx';
import { VerdictHeader } from './verdict-header.tsx';

const route = getRouteApi('/experiments/$key');

interface SectionProps {
  readonly title: string;
  readonly children: ReactNode;
}

const Section = ({ title, children }: SectionProps) => (
  <Stack component="section" gap="xs" aria-label={title}>
    <Title order={2}>{title}</Title>
    {children}
  </Stack>
);

function Figures({ report }: { readonly report: Report }) {
  const { market } = useExperimentSearch();
  const markets = report.markets.map(({ country }) => country);
  // What is not known is the last group.
  const inOrder = [
    ...markets.filter((each) => each !== unknownLabel),
    ...markets.filter((each) => each === unknownLabel),
  ];
  const where = market === undefined ? '' : ` in ${market}`;
  return (
    <Stack gap="lg" miw={0}>
      <VerdictHeader report={report} />
      <ActiveFilters />
      <Section title="Users by market and variant">
        <MarketMatrix report={report} />
      </Section>
      <Section title={`Share over time${where}`}>
        <ShareChart phases={report.experiment.phases} />
      </Section>
      <Section title={`Outcomes${where}`}>
        <Outcomes markets={inOrder} />
      </Section>
      <Section title={`Checks${where}`}>
        <Checks />
      </Section>
      <Section title={`Arrival${where}`}>
        <Arrival report={report} />
      </Section>
    </Stack>
  );
}

/** One experiment: the verdict first, then the figures behind it, at the side what can be changed. */
export function ExperimentPage() {
  const { key } = route.useParams();
  const { variables, kinds } = useScope();
  const result = useLiveQuery({ query: ExperimentReportDocument, variables, kinds });
  const report = result.state.data?.monitor;
  return (
    <Page
      title={report?.experiment.key === key ? report.experiment.name : key}
      actions={<AsOfControl hasFacts={false} />}
    >
      <Anchor renderRoot={(props) => <PageLink to="/experiments" {...props} />} size="sm">
        All experiments
      </Anchor>
      <QueryView result={result} height={480}>
        {({ monitor }) =>
          monitor && (
            <Box className={classes.layout}>
              <Figures report={monitor} />
              <Paper withBorder p="sm" component="aside" aria-label="Settings">
                <SidePanel key={key} report={monitor} />
              </Paper>
              <RowsDrawer report={monitor} />
            </Box>
          )
        }
      </QueryView>
    </Page>
  );
}
