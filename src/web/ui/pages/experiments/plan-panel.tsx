import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useZone } from '../../data/view.ts';
import { useViewer } from '../../data/viewer.tsx';
import type { Report } from './matrix-data.ts';
import { PhaseList } from './phase-list.tsx';
import { draftOf, newDraft, type PlanDraft, phaseInForce } from './plan-draft.ts';
import { PlanForm } from './plan-form.tsx';
import { useChangeSearch, useExperimentSearch } from './scope.ts';

const needsAdmin = 'Plans are changed with a key of the scope admin.';

/** What the form starts with: the plan as it is, or for an experiment without one the variants that have events. */
const initialDraft = ({ experiment, deployment }: Report, zone: string): PlanDraft => {
  if (experiment.state !== 'UNPLANNED') {
    return draftOf(experiment, phaseInForce(experiment.phases ?? [], Date.now()), zone);
  }
  const variants = [...new Set(deployment.map(({ variant }) => variant))].sort();
  return newDraft(experiment.key, variants.length < 2 ? ['A', 'B'] : variants);
};

/** The plan with its phases, and the form that changes it. */
export function PlanPanel({ report }: { readonly report: Report }) {
  const { experiment } = report;
  const { edit = false } = useExperimentSearch();
  const change = useChangeSearch();
  const { may } = useViewer();
  const zone = useZone();
  const [corrected, setCorrected] = useState<PlanDraft | null>(null);
  const close = () => {
    setCorrected(null);
    change({ edit: undefined });
  };
  if (edit) {
    const initial = corrected ?? initialDraft(report, zone);
    return <PlanForm initial={initial} isNew={false} onSaved={close} onCancel={close} />;
  }
  const phases = experiment.phases ?? [];
  return (
    <Stack gap="sm" align="flex-start">
      {experiment.state === 'UNPLANNED' ? (
        <Text size="sm">There is no plan for the key {experiment.key}.</Text>
      ) : (
        <PhaseList
          phases={phases}
          onCorrect={(phase) => {
            const draft = draftOf(experiment, phase, zone);
            setCorrected({
              ...draft,
              allocationFrom: draftOf({ ...experiment, state: 'ENDED' }, phase, zone).allocationFrom,
            });
            change({ edit: true });
          }}
        />
      )}
      <Button
        variant="default"
        size="compact-sm"
        disabled={!may('ADMIN')}
        title={may('ADMIN') ? undefined : needsAdmin}
        onClick={() => change({ edit: true })}
      >
        {experiment.state === 'UNPLANNED' ? 'Make a plan' : 'Change the plan'}
      </Button>
      {!may('ADMIN') && (
        <Text size="xs" c="dimmed">
          {needsAdmin}
        </Text>
      )}
    </Stack>
  );
}
