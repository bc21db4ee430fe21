import { Button } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { AsOfControl } from '../../components/as-of-control.tsx';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { Page } from '../../components/page.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { isOfSnapshot, useAsOf, useView } from '../../data/view.ts';
import { useViewer } from '../../data/viewer.tsx';
import { ExperimentListDocument } from '../../generated/graphql.ts';
import { ExperimentList } from './experiment-list.tsx';
import { FirstSteps } from './first-steps.tsx';
import { newDraft } from './plan-draft.ts';
import { PlanForm } from './plan-form.tsx';

const route = getRouteApi('/experiments');

/** Opens the form of a new plan, and the experiment once it is saved. */
function NewPlan() {
  const { create = false } = route.useSearch();
  const navigate = useNavigate({ from: '/experiments' });
  const close = () => void navigate({ search: (previous) => ({ ...previous, create: undefined }) });
  return (
    <DetailDrawer title="New experiment" isOpen={create} onClose={close}>
      <PlanForm
        initial={newDraft()}
        isNew
        onSaved={({ key }) => void navigate({ to: '/experiments/$key', params: { key }, search: {} })}
        onCancel={close}
      />
    </DetailDrawer>
  );
}

/** All experiments with their verdicts, the worst first. */
export function ExperimentsPage() {
  const asOf = useAsOf();
  const isPast = isOfSnapshot(useView());
  const { may } = useViewer();
  const navigate = useNavigate({ from: '/experiments' });
  const result = useLiveQuery({
    query: ExperimentListDocument,
    variables: { asOf },
    kinds: isPast ? [] : ['EVENTS', 'EXPERIMENTS', 'EXCLUDED_USERS', 'USERS'],
  });
  const open = () => void navigate({ search: (previous) => ({ ...previous, create: true }) });
  const newButton = (
    <Button size="compact-sm" onClick={open} disabled={!may('ADMIN')}>
      New experiment
    </Button>
  );
  return (
    <Page
      title="Experiments"
      actions={
        <>
          <AsOfControl hasFacts={false} />
          {newButton}
        </>
      }
    >
      <QueryView result={result} height={320}>
        {({ experiments, enrichedAggregate }) => {
          const named = (enrichedAggregate?.nodes ?? []).map(({ key }) => key.experiment).filter((key) => key !== null);
          const plans = experiments ?? [];
          if (plans.length + named.length === 0) return <FirstSteps />;
          const unplanned = named.filter((key) => !plans.some((plan) => plan.key === key));
          return <ExperimentList plans={plans} unplanned={unplanned} asOf={asOf} />;
        }}
      </QueryView>
      <NewPlan />
    </Page>
  );
}
