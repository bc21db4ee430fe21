import { Button, NativeSelect, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMutation } from 'urql';
import { refusalOf } from '../../data/errors.ts';
import { type AlertFormat, ExperimentAddAlertDocument } from '../../generated/graphql.ts';

interface AlertFormProps {
  readonly experimentKey: string;
  /** With the secret of the signature, which is shown this once; null where there is none. */
  onAdded(secret: string | null): void;
}

/** Adds a hook that is called when the experiment breaks and when it is whole again. */
export function AlertForm({ experimentKey, onAdded }: AlertFormProps) {
  const [url, setUrl] = useState('');
  const [format, setFormat] = useState<AlertFormat>('JSON');
  const [fault, setFault] = useState<string | null>(null);
  const [{ fetching }, add] = useMutation(ExperimentAddAlertDocument);
  const send = async () => {
    if (url.trim() === '') return setFault('Write the address of a hook.');
    const input = { when: 'EXPERIMENT_BROKEN' as const, experiment: experimentKey, url: url.trim(), format };
    const { data, error } = await add({ input });
    const result = data?.addAlert;
    if (result?.__typename === 'AddAlertPayload') {
      setFault(null);
      setUrl('');
      notifications.show({ message: `Alert ${result.alert.number} is added.` });
      return onAdded(result.secret);
    }
    const problems = result?.__typename === 'ValidationError' ? result.problems.map(({ message }) => message) : [];
    setFault(problems.length > 0 ? problems.join(' ') : (refusalOf(result, error) ?? 'The server did not answer.'));
  };
  return (
    <form
      aria-label="Add an alert"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Stack gap="xs">
        <TextInput
          size="xs"
          label="Notify this address"
          description="It gets a message when the experiment breaks, and when that is over."
          placeholder="address of a hook"
          value={url}
          error={fault}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <NativeSelect
          size="xs"
          label="Format"
          value={format}
          data={[
            { value: 'JSON', label: 'JSON with a signature' },
            { value: 'SLACK', label: 'Slack' },
          ]}
          onChange={(event) => setFormat(event.currentTarget.value as AlertFormat)}
        />
        <Button type="submit" size="compact-sm" loading={fetching} style={{ alignSelf: 'flex-start' }}>
          Add alert
        </Button>
      </Stack>
    </form>
  );
}
