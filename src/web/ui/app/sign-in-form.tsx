import { Button, PasswordInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { useSession } from '../data/session.tsx';

interface SignInFormProps {
  onDone?(): void;
}

/** Signs in with an API key, which stays in this tab. */
export function SignInForm({ onDone }: SignInFormProps) {
  const { signIn } = useSession();
  const [key, setKey] = useState('');
  const trimmed = key.trim();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed === '') return;
        signIn(trimmed);
        onDone?.();
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
