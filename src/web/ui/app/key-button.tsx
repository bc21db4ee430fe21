import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useSession } from '../data/session.tsx';
import { useViewer } from '../data/viewer.tsx';

interface SignInFormProps {
  onDone(): void;
}

/** Signs in with an API key, which stays in this tab. */
function SignInForm({ onDone }: SignInFormProps) {
  const { signIn } = useSession();
  const [key, setKey] = useState('');
  const trimmed = key.trim();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed === '') return;
        signIn(trimmed);
        onDone();
      }}
    >
      <Stack>
        <PasswordInput
          label="API key"
          description="It is kept until this tab is closed, and sent to this server only. `asof keys add NAME --scope read` makes one."
          autoComplete="off"
          data-autofocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit" disabled={trimmed === ''}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

/** Who has signed in, and the way in and out. */
export function KeyButton() {
  const { apiKey, signOut } = useSession();
  const { name, needsKey } = useViewer();
  const [isOpen, { open, close }] = useDisclosure(false);
  if (!needsKey && apiKey === null) return null;
  return (
    <>
      <Button variant="default" size="compact-xs" onClick={open}>
        {apiKey === null ? 'Sign in' : `Key: ${name ?? 'not accepted'}`}
      </Button>
      <Modal opened={isOpen} onClose={close} title={apiKey === null ? 'Sign in' : 'API key'}>
        {apiKey === null ? (
          <SignInForm onDone={close} />
        ) : (
          <Group justify="space-between">
            <Text>{name === null ? 'The server does not accept this key.' : `Signed in with the key ${name}.`}</Text>
            <Button
              variant="default"
              onClick={() => {
                signOut();
                close();
              }}
            >
              Sign out
            </Button>
          </Group>
        )}
      </Modal>
    </>
  );
}
