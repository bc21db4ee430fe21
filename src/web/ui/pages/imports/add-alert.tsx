import { Alert, Button, Code, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { problemOf } from '../../data/errors.ts';
import { AddAlertDocument, type AlertEvent, type AlertFormat, type ImportTarget } from '../../generated/graphql.ts';
import { eventWords, optionsOf, targetWords } from './words.ts';

interface Draft {
  readonly when: AlertEvent;
  readonly url: string;
  readonly format: AlertFormat;
  readonly experiment: string;
  readonly target: ImportTarget | null;
}

const emptyDraft: Draft = { when: 'EXPERIMENT_BROKEN', url: '', format: 'JSON', experiment: '', target: null };

const withTarget: readonly AlertEvent[] = ['REJECTS_RATE', 'SOURCE_SILENT', 'IMPORT_FAILED'];

const inputOf = ({ when, url, format, experiment, target }: Draft) => ({
  ...{ when, url: url.trim(), format },
  ...(when === 'EXPERIMENT_BROKEN' && experiment.trim() !== '' ? { experiment: experiment.trim() } : {}),
  ...(withTarget.includes(when) && target !== null ? { target } : {}),
});

interface FieldsProps {
  readonly draft: Draft;
  readonly faults: Readonly<Record<string, string>>;
  change(part: Partial<Draft>): void;
}

function Fields({ draft, faults, change }: FieldsProps) {
  return (
    <Group align="flex-start">
      <Select
        label="When"
        allowDeselect={false}
        data={optionsOf(eventWords)}
        value={draft.when}
        onChange={(when) => change({ when: when as AlertEvent })}
      />
      {draft.when === 'EXPERIMENT_BROKEN' && (
        <TextInput
          label="Experiment"
          placeholder="all that run"
          value={draft.experiment}
          error={faults.experiment}
          onChange={(event) => change({ experiment: event.currentTarget.value })}
        />
      )}
      {withTarget.includes(draft.when) && (
        <Select
          label="Target"
          placeholder="all"
          clearable
          data={optionsOf(targetWords)}
          value={draft.target}
          error={faults.target}
          onChange={(target) => change({ target: target as ImportTarget | null })}
        />
      )}
      <TextInput
        label="Hook"
        placeholder="https://example.com/hook"
        miw={260}
        value={draft.url}
        error={faults.url}
        onChange={(event) => change({ url: event.currentTarget.value })}
      />
      <Select
        label="Format"
        allowDeselect={false}
        data={[
          { value: 'JSON', label: 'JSON, signed' },
          { value: 'SLACK', label: 'Slack' },
        ]}
        value={draft.format}
        onChange={(format) => change({ format: format as AlertFormat })}
      />
    </Group>
  );
}

/** Adds an alert. Problems are shown at their fields; the secret of its signature is shown once. */
export function AddAlertForm() {
  const [draft, setDraft] = useState(emptyDraft);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [secret, setSecret] = useState<string | null>(null);
  const [{ fetching }, add] = useMutation(AddAlertDocument);
  const submit = async () => {
    const { data, error } = await add({ input: inputOf(draft) });
    const result = data?.addAlert;
    if (result?.__typename === 'AddAlertPayload') {
      setFaults({});
      setDraft(emptyDraft);
      setSecret(result.secret ?? null);
      return;
    }
    const problems = result && 'problems' in result ? result.problems : [];
    const message = error ? problemOf(error).message : (result?.message ?? 'There was no answer.');
    const byField = problems.map(({ path, message: text }) => [path.split('.').at(-1) ?? '', text] as const);
    setFaults(byField.length > 0 ? Object.fromEntries(byField) : { url: message });
  };
  return (
    <Stack gap="sm" component="section" aria-labelledby="add-alert">
      <Title order={2} id="add-alert">
        Add an alert
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack gap="sm" align="flex-start">
          <Fields draft={draft} faults={faults} change={(part) => setDraft({ ...draft, ...part })} />
          <Button type="submit" loading={fetching} disabled={draft.url.trim() === ''}>
            Add the alert
          </Button>
        </Stack>
      </form>
      {secret !== null && (
        <Alert variant="light" title="The secret of its signature" withCloseButton onClose={() => setSecret(null)}>
          <Text size="sm">Copy it now: it is not shown again.</Text>
          <Code>{secret}</Code>
        </Alert>
      )}
    </Stack>
  );
}
