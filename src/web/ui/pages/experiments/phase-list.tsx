import { Button, Group, Stack, Text } from '@mantine/core';
import { formatShare } from '../../format/numbers.ts';
import type { PlannedPhaseFragment } from '../../generated/graphql.ts';
import { Period } from './period.tsx';

type Phase = PlannedPhaseFragment;

/** `A 50.0 % (control), B 50.0 %`. */
const sharesText = (allocation: Phase['allocation']): string => {
  const total = allocation.reduce((sum, { weight }) => sum + weight, 0);
  if (allocation.length === 0) return 'equal shares of the variants that have events';
  return allocation
    .map(
      ({ variant, weight, isControl }) => `${variant} ${formatShare(weight / total)}${isControl ? ' (control)' : ''}`,
    )
    .join(', ');
};

interface PhaseListProps {
  readonly phases: readonly Phase[];
  /** Corrects the shares of a phase. */
  onCorrect?(phase: Phase): void;
}

/** The phases of a plan, each with its time, shares and markets. */
export const PhaseList = ({ phases, onCorrect }: PhaseListProps) => (
  <Stack gap="xs" component="ol" m={0} pl="md">
    {phases.map((phase) => (
      <li key={phase.from ?? ''}>
        <Text size="sm">
          <Period from={phase.from} to={phase.to} />
        </Text>
        <Text size="sm">{sharesText(phase.allocation)}</Text>
        {phase.allocationByMarket.map(({ country, allocation }) => (
          <Text size="sm" key={country}>
            {country}: {sharesText(allocation)}
          </Text>
        ))}
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            {phase.markets.length === 0 ? 'in the countries that have events' : `in ${phase.markets.join(', ')}`}
          </Text>
          {onCorrect && phase.from !== null && (
            <Button variant="subtle" size="compact-xs" onClick={() => onCorrect(phase)}>
              Correct
            </Button>
          )}
        </Group>
      </li>
    ))}
  </Stack>
);
