import { Alert, Button, Checkbox, Code, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { CopyAs } from '../../components/copy-as.tsx';
import { refusalOf } from '../../data/errors.ts';
import { useSession } from '../../data/session.tsx';
import { AddApiKeyDocument, type Scope } from '../../generated/graphql.ts';

const scopeWords: readonly (readonly [Scope, string])[] = [
  ['READ', 'read: figures, lists, exports'],
  ['INGEST', 'ingest: send records and files'],
  ['ADMIN', 'admin: everything'],
];

interface AddedKey {
  readonly name: string;
  readonly key: string;
  /** Whether this tab is signed in with it. */
  readonly isUsed: boolean;
}

/** The text of a new key, which nobody can show again. */
function NewKey({ added: { name, key, isUsed } }: { readonly added: AddedKey }) {
  return (
    <Alert title={`The key ${name} is added`} role="status">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">Copy it now: it is not stored and cannot be shown again.</Text>
        <Code block>{key}</Code>
        <Group gap="xs">
          <CopyAs entries={[{ label: 'key', text: key }]} />
          {isUsed && <Text size="sm">You are signed in with it.</Text>}
        </Group>
      </Stack>
    </Alert>
  );
}

/** Adds a key. */
export function AddKeyForm({ isFirst }: { readonly isFirst: boolean }) {
  const { signIn } = useSession();
  const [{ fetching }, add] = useMutation(AddApiKeyDocument);
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(isFirst ? ['ADMIN'] : ['READ']);
  const [added, setAdded] = useState<AddedKey | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async () => {
    const chosen = scopeWords.map(([scope]) => scope).filter((scope) => scopes.includes(scope));
    const { data, error } = await add({ input: { name: name.trim(), scopes: chosen } });
    const answer = data?.addApiKey;
    const isAdded = answer && 'key' in answer;
    // From now on the server demands a key.
    if (isAdded && isFirst) signIn(answer.key);
    setAdded(isAdded ? { name: answer.apiKey.name, key: answer.key, isUsed: isFirst } : null);
    setProblem(refusalOf(answer, error) ?? null);
    if (!isAdded) return;
    setName('');
    setScopes(['READ']);
  };
  return (
    <Stack component="section" aria-label="Add a key" gap="xs">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Group align="flex-end" gap="md">
          <TextInput
            label="Name of the new key"
            placeholder="who uses it"
            value={name}
            error={problem}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Checkbox.Group label="Scopes" value={scopes} onChange={setScopes}>
            <Group gap="sm" h={36}>
              {scopeWords.map(([scope, words]) => (
                <Checkbox key={scope} value={scope} label={words} />
              ))}
            </Group>
          </Checkbox.Group>
          <Button type="submit" loading={fetching} disabled={name.trim() === '' || scopes.length === 0}>
            Add
          </Button>
        </Group>
      </form>
      {added && <NewKey added={added} />}
    </Stack>
  );
}
