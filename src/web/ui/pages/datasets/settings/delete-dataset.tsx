import { Alert, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { problemOf } from '../../../data/errors.ts';
import { RemoveDatasetDocument } from '../../../generated/graphql.ts';

interface DeleteDatasetProps {
  readonly dataset: { readonly id: string; readonly name: string };
}

/** Deletes a dataset, once its name is typed. */
export function DeleteDataset({ dataset: { id, name } }: DeleteDatasetProps) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [{ fetching, data, error }, remove] = useMutation(RemoveDatasetDocument);
  const refused = data?.deleteDataset && 'message' in data.deleteDataset ? data.deleteDataset.message : undefined;
  const message = error ? problemOf(error).message : refused;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { data: answer } = await remove({ input: { datasetId: id } });
    if (answer?.deleteDataset?.__typename !== 'DeleteDatasetPayload') return;
    notifications.show({ message: `${name} is deleted.` });
    await navigate({ to: '/datasets', search: {} as never });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="xs">
        <Title order={2} size="h4">
          Delete
        </Title>
        <Text size="sm">All versions are deleted with their rows. Its imports stay listed.</Text>
        {message !== undefined && (
          <Alert color="orange" variant="light" role="alert">
            {message}
          </Alert>
        )}
        <Group align="flex-end" gap="xs">
          <TextInput
            label={`Type ${name} to confirm`}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          <Button type="submit" variant="outline" color="red" disabled={typed !== name} loading={fetching}>
            Delete the dataset
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
