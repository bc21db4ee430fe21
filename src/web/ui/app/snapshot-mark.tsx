import { ActionIcon, Group, Text } from '@mantine/core';

import { CheckIcon, LinkIcon } from '@primer/octicons-react';
import { useCopy } from '../components/clipboard.ts';
import { useLive } from '../data/live.tsx';
import { isOfSnapshot, useView } from '../data/view.ts';
import { formatFigure } from '../format/numbers.ts';

/** Which snapshot is on the screen, and a link to exactly that: what is cited must not change. */
export function SnapshotMark() {
  const view = useView();
  const { sequence: newest } = useLive();
  const { copy, isCopied } = useCopy();
  const sequence = view.sequence ?? (view.knownAt === undefined ? newest : null);
  const linkToSnapshot = () => {
    const url = new URL(location.href);
    if (view.knownAt === undefined) url.searchParams.set('sequence', String(sequence));
    copy(url.href);
  };
  return (
    <Group gap={4} wrap="nowrap">
      <Text
        size="xs"
        c={isOfSnapshot(view) ? undefined : 'dimmed'}
        fw={isOfSnapshot(view) ? 600 : 400}
        className="asof-figure"
      >
        {view.knownAt === undefined ? `snapshot ${formatFigure(sequence)}` : `known at ${view.knownAt}`}
      </Text>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        disabled={sequence === null && view.knownAt === undefined}
        aria-label="Copy a link to this snapshot"
        title={isCopied ? 'Copied' : 'Copy a link to this snapshot'}
        onClick={linkToSnapshot}
      >
        {isCopied ? <CheckIcon size={16} aria-hidden /> : <LinkIcon size={16} aria-hidden />}
      </ActionIcon>
    </Group>
  );
}
