import { Alert, Button, List, Progress, Stack, Text } from '@mantine/core';
import { formatCount, formatFigure } from '../../format/numbers.ts';
import { type Settlement, triedOf } from './settle-group.ts';

const titles: Readonly<Record<Settlement['state'], string>> = {
  running: 'Working',
  done: 'All waiting records were tried',
  cancelled: 'Cancelled: the records after these were not tried',
  failed: 'Ended early',
};

const accountOf = (settlement: Settlement): string => {
  const { action, stored, discarded, refused } = settlement;
  const settled = action === 'retry' ? `${formatFigure(stored)} stored` : `${formatFigure(discarded)} discarded`;
  return `${formatFigure(triedOf(settlement))} tried = ${settled} + ${formatFigure(refused)} still waiting`;
};

interface ReportProps {
  readonly settlement: Settlement;
  onCancel(): void;
  onDismiss(): void;
}

/** How far a retry or discard of all records is, and what became of them. */
export function SettlementReport({ settlement, onCancel, onDismiss }: ReportProps) {
  const { state, total, refused, refusals, error } = settlement;
  const isRunning = state === 'running';
  const tried = triedOf(settlement);
  return (
    <Alert
      variant="light"
      color={state === 'failed' || refused > 0 ? 'orange' : undefined}
      role="status"
      title={titles[state]}
      withCloseButton={!isRunning}
      closeButtonLabel="Close the report"
      onClose={onDismiss}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="asof-figure" ta="left" fw={600}>
          {accountOf(settlement)}
        </Text>
        {isRunning && (
          <>
            <Progress
              w="100%"
              value={total > 0 ? Math.min(100, (100 * tried) / total) : 0}
              aria-label="Records tried"
            />
            <Button size="compact-sm" variant="default" onClick={onCancel}>
              Cancel
            </Button>
          </>
        )}
        {error !== null && <Text size="sm">{error}</Text>}
        {refusals.length > 0 && (
          <>
            <Text size="sm">
              {refused > refusals.length
                ? `Why, of the first ${formatCount(refusals.length, 'record')}:`
                : 'Why they still wait:'}
            </Text>
            <List size="sm">
              {refusals.map((refusal) => (
                <List.Item key={refusal} style={{ overflowWrap: 'anywhere' }}>
                  {refusal}
                </List.Item>
              ))}
            </List>
          </>
        )}
      </Stack>
    </Alert>
  );
}
