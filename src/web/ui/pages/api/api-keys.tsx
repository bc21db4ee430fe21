import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMemo, useState } from 'react';
import { useMutation } from 'urql';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { refusalOf } from '../../data/errors.ts';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { ApiKeyListDocument, type ApiKeyListQuery, RevokeApiKeyDocument } from '../../generated/graphql.ts';
import { AddKeyForm } from './add-key-form.tsx';

type Row = NonNullable<ApiKeyListQuery['apiKeys']>[number];

const scopesOf = ({ scopes }: Row): string => scopes.map((scope) => scope.toLowerCase()).join(', ');

const columnsOf = (onRevoke: (name: string) => void): readonly DataColumn<Row>[] => [
  { id: 'name', header: 'Name', cell: ({ name }) => name, text: ({ name }) => name },
  { id: 'scopes', header: 'Scopes', cell: scopesOf, text: scopesOf },
  {
    id: 'createdAt',
    header: 'Created',
    width: 230,
    cell: ({ createdAt }) => <Time at={createdAt} />,
    text: ({ createdAt }) => createdAt,
  },
  {
    id: 'revokedAt',
    header: 'Revoked',
    width: 230,
    cell: ({ revokedAt }) => <Time at={revokedAt} />,
    text: ({ revokedAt }) => revokedAt ?? '',
  },
  {
    id: 'revoke',
    header: 'Action',
    width: 110,
    cell: ({ name, revokedAt }) =>
      revokedAt === null && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Revoke ${name}`}
          onClick={(event) => {
            event.stopPropagation();
            onRevoke(name);
          }}
        >
          Revoke
        </Button>
      ),
  },
];

/** Asks once more: a revoked key never works again. */
function RevokeDialog({ name, onDone }: { readonly name: string | null; onDone(): void }) {
  const [{ fetching }, revoke] = useMutation(RevokeApiKeyDocument);
  /** Why the server wants to hear it twice: it is the last key. */
  const [warning, setWarning] = useState<string | null>(null);
  const close = () => {
    setWarning(null);
    onDone();
  };
  const confirm = async () => {
    const { data, error } = await revoke({ input: { name: name ?? '', evenIfLast: warning !== null } });
    if (data?.revokeApiKey?.__typename === 'ConflictError') {
      setWarning(data.revokeApiKey.message);
      return;
    }
    const problem = refusalOf(data?.revokeApiKey, error);
    notifications.show(problem ? { color: 'orange', message: problem } : { message: `The key ${name} is revoked.` });
    close();
  };
  return (
    <Modal opened={name !== null} onClose={close} title={`Revoke the key ${name ?? ''}?`}>
      <Stack>
        <Text>Programs that use it are refused from now on. It cannot be used again.</Text>
        {warning !== null && <Alert color="red">{warning}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Keep it
          </Button>
          <Button color="red" loading={fetching} onClick={confirm}>
            {warning === null ? 'Revoke' : 'Revoke the last key'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** The API keys of the data folder, for administrators. */
export function ApiKeys() {
  const { needsKey } = useViewer();
  const [revoking, setRevoking] = useState<string | null>(null);
  const columns = useMemo(() => columnsOf(setRevoking), []);
  const result = useLiveQuery({ query: ApiKeyListDocument, variables: {}, kinds: ['API_KEYS'] });
  return (
    <Stack>
      {!needsKey && (
        <Alert color="orange" variant="light" title="This server needs no key yet">
          With the first key it demands one from everybody, also from you: give the first key the scope admin, and sign
          in with it.
        </Alert>
      )}
      <AddKeyForm isFirst={!needsKey} />
      <QueryView result={result}>
        {({ apiKeys }) => (
          <DataTable
            label="API keys"
            columns={columns}
            rows={apiKeys ?? []}
            rowKey={({ name, createdAt }) => `${name} ${createdAt}`}
            emptyText="No key was added to this data folder. Keys of the setting apiKeys are not listed."
          />
        )}
      </QueryView>
      <RevokeDialog name={revoking} onDone={() => setRevoking(null)} />
    </Stack>
  );
}
