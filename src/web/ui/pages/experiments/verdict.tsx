import { Badge, Text } from '@mantine/core';
import { CheckCircleIcon, CircleIcon, EyeIcon, HourglassIcon, type Icon, StopIcon } from '@primer/octicons-react';
import { brokenColor } from '../../components/colors.ts';
import type { ExperimentState, MonitorVerdict } from '../../generated/graphql.ts';

interface Look {
  readonly icon: Icon;
  readonly word: string;
  /** What it means for the reader. */
  readonly meaning: string;
  readonly color?: string;
}

const looks: Readonly<Record<MonitorVerdict, Look>> = {
  BROKEN: { icon: StopIcon, word: 'BROKEN', meaning: 'Not as planned: act.', color: brokenColor },
  WATCH: { icon: EyeIcon, word: 'watch', meaning: 'Not as planned, but not certain or too small to act on.' },
  HEALTHY: { icon: CheckCircleIcon, word: 'healthy', meaning: 'As planned.' },
  NOT_ENOUGH_DATA: { icon: HourglassIcon, word: 'not enough data', meaning: 'Too few users to decide.' },
  NO_DATA: { icon: CircleIcon, word: 'no data', meaning: 'No event counts.' },
};

/** The worst first, as the server orders checks. */
export const verdictOrder: readonly MonitorVerdict[] = ['BROKEN', 'WATCH', 'NOT_ENOUGH_DATA', 'NO_DATA', 'HEALTHY'];

export const verdictWord = (verdict: MonitorVerdict): string => looks[verdict].word;

interface VerdictMarkProps {
  readonly verdict: MonitorVerdict;
  /** The icon alone, with the word as its name. */
  readonly isCompact?: boolean;
}

/** A verdict by icon and word: red is for BROKEN only. */
export function VerdictMark({ verdict, isCompact = false }: VerdictMarkProps) {
  const { icon: Icon, word, meaning, color } = looks[verdict];
  if (isCompact) return <Icon size={16} fill={color} aria-label={word} />;
  return (
    <Text span inline fw={600} c={color} title={meaning} data-verdict={verdict}>
      <Icon size={18} aria-hidden /> {word}
    </Text>
  );
}

const stateWords: Readonly<Record<ExperimentState, string>> = {
  UNPLANNED: 'no plan',
  DRAFT: 'draft',
  SCHEDULED: 'planned',
  RUNNING: 'running',
  ENDED: 'ended',
};

/** What a state means for the figures, where it is not plain. */
export const stateNotes: Readonly<Partial<Record<ExperimentState, string>>> = {
  UNPLANNED: 'Nobody has saved a plan, so equal shares of the variants with events are assumed.',
  DRAFT: 'The plan has no start yet, so it claims no events that name no experiment.',
  SCHEDULED: 'It has not started yet: events before the start do not count.',
};

export const StateMark = ({ state }: { readonly state: ExperimentState }) => (
  <Badge variant="default" tt="none" fw={500} data-state={state}>
    {stateWords[state]}
  </Badge>
);
