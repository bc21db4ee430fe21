import { Button, Code, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from 'urql';
import { CopyAs } from '../../components/copy-as.tsx';
import { EmptyState } from '../../components/states.tsx';
import { refusalOf } from '../../data/errors.ts';
import { useViewer } from '../../data/viewer.tsx';
import { StartConversationDocument } from '../../generated/graphql.ts';

const curlOf = (origin: string, uuid: string): string =>
  `curl -s ${origin}/initial -H 'content-type: application/json' -d '${JSON.stringify({ uuid, symbol: 'e' })}'`;

/** What to do where no conversation is stored: how a program sends one, and a button that does. */
export function FirstConversation() {
  const { may } = useViewer();
  const [{ fetching }, start] = useMutation(StartConversationDocument);
  const uuid = crypto.randomUUID();
  const send = async () => {
    const { data, error } = await start({ input: { uuid, symbol: 'e' } });
    const message = refusalOf(data?.startConversation, error);
    notifications.show(
      message
        ? { color: 'orange', message }
        : { message: 'A conversation about “e” is stored. It stays in the ledger.' },
    );
  };
  return (
    <EmptyState
      action={
        <Stack align="flex-start" gap="xs">
          {may('INGEST') && (
            <Button onClick={send} loading={fetching}>
              Send one conversation
            </Button>
          )}
          <Text size="sm">From a program:</Text>
          <Code block>{curlOf(location.origin, uuid)}</Code>
          <CopyAs entries={[{ label: 'curl', text: curlOf(location.origin, uuid) }]} />
        </Stack>
      }
    >
      No conversation is stored for this time. In a conversation a client sends a letter, and the server guesses whether
      it is a vowel.
    </EmptyState>
  );
}
