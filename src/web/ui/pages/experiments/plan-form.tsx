import { Alert, Button, Group, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { ProblemNotice } from '../../components/states.tsx';
import { problemOf } from '../../data/errors.ts';
import { useZone } from '../../data/view.ts';
import { formatCount } from '../../format/numbers.ts';
import type { ExperimentPlanFragment } from '../../generated/graphql.ts';
import { AllocationFields } from './allocation-fields.tsx';
import { MarketFields } from './market-fields.tsx';
import { PhaseList } from './phase-list.tsx';
import { type FieldFaults, faultsBelow, inputOf, type PlanDraft } from './plan-draft.ts';
import { usePlanSave } from './use-plan-save.ts';

interface FieldsProps {
  readonly draft: PlanDraft;
  readonly faults: FieldFaults;
  readonly zone: string;
  /** The key of a plan that exists never changes. */
  readonly isNew: boolean;
  change(part: Partial<PlanDraft>): void;
}

const timeHint = (zone: string, empty: string): string => `In ${zone}, such as 2025-10-07 20:22. ${empty}`;

function NameFields({ draft, faults, zone, isNew, change }: FieldsProps) {
  return (
    <>
      {isNew && (
        <TextInput
          label="Key"
          description="The name that events send as `experiment`."
          required
          value={draft.key}
          error={faults.key}
          onChange={(event) => change({ key: event.currentTarget.value })}
        />
      )}
      <TextInput
        label="Name"
        description="What people read. Empty: the key."
        value={draft.name}
        error={faults.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Start"
        description={timeHint(zone, 'Empty: a draft, which claims no events.')}
        value={draft.startedAt}
        error={faults.startedAt}
        onChange={(event) => change({ startedAt: event.currentTarget.value })}
      />
      <TextInput
        label="End"
        description={timeHint(zone, 'Empty: no end.')}
        value={draft.endedAt}
        error={faults.endedAt}
        onChange={(event) => change({ endedAt: event.currentTarget.value })}
      />
    </>
  );
}

function ShareFields({ draft, faults, zone, change }: FieldsProps) {
  return (
    <>
      <Text size="sm" fw={500}>
        Variants and weights
      </Text>
      <AllocationFields
        legend="all countries"
        path="allocation"
        shares={draft.shares}
        faults={faults}
        onShares={(shares) => change({ shares })}
        control={{ variant: draft.control, onChange: (control) => change({ control }) }}
      />
      <MarketFields
        markets={draft.byMarket}
        shares={draft.shares}
        faults={faults}
        onMarkets={(byMarket) => change({ byMarket })}
      />
      <TagsInput
        label="Markets"
        description="Countries as users files spell them. Empty: the countries that have events."
        value={[...draft.markets]}
        error={faultsBelow(faults, 'markets')}
        onChange={(markets) => change({ markets })}
      />
      <TextInput
        label="Shares and markets in force from"
        description={timeHint(
          zone,
          'Empty: from now on, or from the start of a plan that has not started. A time in the past corrects the plan.',
        )}
        value={draft.allocationFrom}
        error={faults.allocationFrom}
        onChange={(event) => change({ allocationFrom: event.currentTarget.value })}
      />
    </>
  );
}

interface PlanFormProps {
  readonly initial: PlanDraft;
  readonly isNew: boolean;
  onSaved(plan: ExperimentPlanFragment): void;
  onCancel?(): void;
}

/** A plan to write, to try and to save. */
export function PlanForm({ initial, isNew, onSaved, onCancel }: PlanFormProps) {
  // Of when the form was opened: another zone of the page must not move the times in it.
  const [zone] = useState(useZone());
  const [draft, setDraft] = useState(initial);
  const [ownFaults, setOwnFaults] = useState<FieldFaults>({});
  const { save, isBusy, preview, answer, forget } = usePlanSave();
  const faults = { ...answer.faults, ...ownFaults };
  const change = (part: Partial<PlanDraft>) => {
    setDraft((previous) => ({ ...previous, ...part }));
    setOwnFaults({});
    // What a dry run has said is of another plan.
    forget();
  };
  const send = async (dryRun: boolean) => {
    const read = inputOf(draft, zone);
    setOwnFaults('faults' in read ? read.faults : {});
    if ('faults' in read) return;
    const saved = await save(read.input, dryRun);
    if (!saved || dryRun) return;
    notifications.show({ message: `The plan ${saved.experiment.name} is saved.` });
    onSaved(saved.experiment);
  };
  return (
    <form
      aria-label="Plan"
      onSubmit={(event) => {
        event.preventDefault();
        void send(false);
      }}
    >
      <Stack gap="sm">
        <NameFields {...{ draft, faults, zone, isNew, change }} />
        <ShareFields {...{ draft, faults, zone, isNew, change }} />
        {answer.error && <ProblemNotice problem={problemOf(answer.error)} />}
        {answer.message !== null && (
          <Alert color="orange" variant="light" title="The plan was not saved" role="alert">
            {answer.message}
          </Alert>
        )}
        {preview && (
          <Alert variant="light" title={`Would move ${formatCount(preview.movedEventCount, 'event')}`} role="status">
            <PhaseList phases={preview.phases} />
          </Alert>
        )}
        <Group gap="xs">
          <Button variant="default" loading={isBusy} onClick={() => void send(true)}>
            Try without saving
          </Button>
          <Button type="submit" loading={isBusy}>
            Save
          </Button>
          {onCancel && (
            <Button variant="subtle" onClick={onCancel}>
              Cancel
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
