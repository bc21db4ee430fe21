import { Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { CopyAs } from '../../components/copy-as.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { newDraft } from './plan-draft.ts';
import { PlanForm } from './plan-form.tsx';

/** A line for a shell that sends one event of the experiment. */
const eventCommand = (origin: string, needsKey: boolean, nowIso: string): string => {
  const event = {
    user_id: 'u-1',
    account_type: 'free',
    date: nowIso,
    event_type: 'view',
    version: 'A',
    experiment: 'checkout',
  };
  return [
    `curl ${origin}/events`,
    `-H 'content-type: application/json'`,
    ...(needsKey ? [`-H 'x-api-key: YOUR_KEY'`] : []),
    `-d '${JSON.stringify(event)}'`,
  ].join(' \\\n  ');
};

/** What an experiment is, for a server that has none yet, and the two ways to begin. */
export function FirstSteps() {
  const { needsKey } = useViewer();
  const navigate = useNavigate({ from: '/experiments' });
  const command = eventCommand(location.origin, needsKey, `${new Date().toISOString().slice(0, 19)}Z`);
  return (
    <Stack gap="lg" maw={640}>
      <Text>
        An experiment shows users one of several variants and compares what they do. This page says whether it runs as
        planned: whether each market splits its users as the plan says, sends events from every variant, and stays so.
      </Text>
      <Paper withBorder p="md" component="section" aria-label="Write a plan">
        <Title order={2} mb="sm">
          Write a plan
        </Title>
        <PlanForm
          initial={newDraft()}
          isNew
          onSaved={({ key }) => void navigate({ to: '/experiments/$key', params: { key }, search: {} })}
        />
      </Paper>
      <Paper withBorder p="md" component="section" aria-label="Send an event">
        <Group justify="space-between" mb="sm">
          <Title order={2}>Send an event</Title>
          <CopyAs label="Copy" entries={[{ label: 'Shell', text: command }]} />
        </Group>
        <Text size="sm" mb="xs">
          Events may come before the plan. Each names its user, the variant and the time; the page follows them live.
        </Text>
        <Code block tabIndex={0} aria-label="Command that sends an event">
          {command}
        </Code>
      </Paper>
    </Stack>
  );
}
