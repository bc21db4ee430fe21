import { Button, Group, NumberInput, Popover, Radio, Stack, Text, TextInput } from '@mantine/core';
import { ChevronDownIcon, HistoryIcon } from '@primer/octicons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useLive } from '../data/live.tsx';
import { useView, useZone, type View } from '../data/view.ts';
import { formatFigure } from '../format/numbers.ts';
import { instantOf, localTimeOf } from '../format/times.ts';

type FactTime = 'own' | 'now' | 'at';
type LedgerTime = 'newest' | 'sequence' | 'knownAt';

interface Draft {
  readonly factTime: FactTime;
  /** In the zone of the page. */
  readonly validAt: string;
  readonly ledgerTime: LedgerTime;
  readonly sequence: number | string;
  readonly knownAt: string;
}

const draftOf = ({ validAt, sequence, knownAt }: View, zone: string, newest: number | null): Draft => ({
  factTime: validAt === undefined ? 'own' : validAt === 'now' ? 'now' : 'at',
  validAt: validAt === undefined || validAt === 'now' ? '' : localTimeOf(validAt, zone),
  ledgerTime: sequence !== undefined ? 'sequence' : knownAt !== undefined ? 'knownAt' : 'newest',
  sequence: sequence ?? newest ?? '',
  knownAt: knownAt === undefined ? '' : localTimeOf(knownAt, zone),
});

/** The search parameters that a draft stands for, or the fields in it that are no times. */
const viewOf = (draft: Draft, zone: string): { view: Omit<View, 'zone'>; faults: readonly string[] } => {
  const validAt = draft.factTime === 'at' ? instantOf(draft.validAt, zone) : undefined;
  const knownAt = draft.ledgerTime === 'knownAt' ? instantOf(draft.knownAt, zone) : undefined;
  const sequence = draft.ledgerTime === 'sequence' && typeof draft.sequence === 'number' ? draft.sequence : undefined;
  const faults = [
    ...(draft.factTime === 'at' && validAt === undefined ? ['validAt'] : []),
    ...(draft.ledgerTime === 'knownAt' && knownAt === undefined ? ['knownAt'] : []),
    ...(draft.ledgerTime === 'sequence' && sequence === undefined ? ['sequence'] : []),
  ];
  return { view: { validAt: draft.factTime === 'now' ? 'now' : validAt, sequence, knownAt }, faults };
};

const wordsOf = ({ validAt, sequence, knownAt }: View, zone: string, hasFacts: boolean): string => {
  if (!hasFacts) {
    if (sequence !== undefined) return `snapshot ${formatFigure(sequence)}`;
    return knownAt === undefined ? 'newest' : `as known on ${localTimeOf(knownAt, zone)}`;
  }
  const facts =
    validAt === undefined ? 'at the time' : validAt === 'now' ? 'as of today' : `as of ${localTimeOf(validAt, zone)}`;
  if (sequence !== undefined) return `${facts}, snapshot ${formatFigure(sequence)}`;
  return knownAt === undefined ? facts : `${facts}, as known on ${localTimeOf(knownAt, zone)}`;
};

interface PartProps {
  readonly draft: Draft;
  readonly faults: readonly string[];
  change(part: Partial<Draft>): void;
}

const timeFault = 'Write a time such as 2025-10-07 20:22.';

function FactTimeField({ draft, faults, change, zone }: PartProps & { readonly zone: string }) {
  return (
    <Radio.Group
      label="Which status and city a fact is joined with"
      value={draft.factTime}
      onChange={(chosen) => change({ factTime: chosen as FactTime })}
    >
      <Stack gap={6} mt={6}>
        <Radio value="own" label="At the time of each fact" />
        <Radio value="now" label="As of today" />
        <Radio value="at" label="As of a time" />
        {draft.factTime === 'at' && (
          <TextInput
            aria-label={`Time of status and city, in ${zone}`}
            placeholder={`2025-10-07 20:22 (${zone})`}
            value={draft.validAt}
            error={faults.includes('validAt') && timeFault}
            onChange={(event) => change({ validAt: event.currentTarget.value })}
          />
        )}
      </Stack>
    </Radio.Group>
  );
}

function LedgerTimeField({ draft, faults, change, zone }: PartProps & { readonly zone: string }) {
  return (
    <Radio.Group
      label="Which records are counted"
      value={draft.ledgerTime}
      onChange={(chosen) => change({ ledgerTime: chosen as LedgerTime })}
    >
      <Stack gap={6} mt={6}>
        <Radio value="newest" label="All, and new ones as they arrive" />
        <Radio value="sequence" label="As of a snapshot" />
        {draft.ledgerTime === 'sequence' && (
          <NumberInput
            aria-label="Snapshot"
            min={0}
            allowDecimal={false}
            value={draft.sequence}
            error={faults.includes('sequence') && 'Write the number of a snapshot.'}
            onChange={(sequence) => change({ sequence })}
          />
        )}
        <Radio value="knownAt" label="As known on a date" />
        {draft.ledgerTime === 'knownAt' && (
          <TextInput
            aria-label={`Time of knowledge, in ${zone}`}
            placeholder={`2025-10-07 20:22 (${zone})`}
            value={draft.knownAt}
            error={faults.includes('knownAt') && timeFault}
            onChange={(event) => change({ knownAt: event.currentTarget.value })}
          />
        )}
      </Stack>
    </Radio.Group>
  );
}

interface AsOfControlProps {
  /** Whether the page joins facts with statuses and cities; otherwise only the snapshot can be chosen. */
  readonly hasFacts?: boolean;
}

function AsOfForm({ hasFacts, onDone }: AsOfControlProps & { onDone(): void }) {
  const view = useView();
  const zone = useZone();
  const { sequence: newest } = useLive();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => draftOf(view, zone, newest));
  const [faults, setFaults] = useState<readonly string[]>([]);
  const change = (part: Partial<Draft>) => setDraft((previous) => ({ ...previous, ...part }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const next = viewOf(draft, zone);
        setFaults(next.faults);
        if (next.faults.length > 0) return;
        void navigate({ to: '.', search: (previous) => ({ ...previous, ...next.view }) });
        onDone();
      }}
    >
      <Stack gap="sm" maw={320}>
        {hasFacts && <FactTimeField draft={draft} faults={faults} change={change} zone={zone} />}
        <LedgerTimeField draft={draft} faults={faults} change={change} zone={zone} />
        <Text size="xs" c="dimmed">
          Times are in {zone}.
        </Text>
        <Group justify="flex-end">
          <Button type="submit" size="compact-sm">
            Apply
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** As of when figures are: writes the search parameters that `useAsOf` reads. */
export function AsOfControl({ hasFacts = true }: AsOfControlProps) {
  const view = useView();
  const zone = useZone();
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus returnFocus withinPortal shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<HistoryIcon size={14} aria-hidden />}
          rightSection={<ChevronDownIcon size={14} aria-hidden />}
          onClick={() => setOpen(!isOpen)}
        >
          {wordsOf(view, zone, hasFacts)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="As of when">
        <AsOfForm hasFacts={hasFacts} onDone={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}
