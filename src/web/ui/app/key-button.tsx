import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useSession } from '../data/session.tsx';
import { useViewer } from '../data/viewer.tsx';
import { SignInForm } from './sign-in-form.tsx';

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
