import '@mantine/dropzone/styles.css';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { UploadIcon } from '@primer/octicons-react';
import { type FormEvent, useRef, useState } from 'react';
import type { Source } from './options.ts';

const isLink = (text: string): boolean => /^https?:\/\/\S+$/i.test(text.trim());

/** The first step: a file, or the link to one. */
export function SourceStep({ onSource }: { onSource(source: Source): void }) {
  const [url, setUrl] = useState('');
  const [error, setError] = useState<string | null>(null);
  const openRef = useRef<() => void>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isLink(url)) onSource({ kind: 'link', url: url.trim() });
    else setError('A link begins with http:// or https://');
  };
  return (
    <Stack gap="md" maw="44rem">
      <form onSubmit={submit}>
        <Group align="flex-start" gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            label="Link to a CSV file"
            placeholder="https://"
            value={url}
            error={error}
            onChange={({ currentTarget }) => {
              setUrl(currentTarget.value);
              setError(null);
            }}
          />
          <Button type="submit" mt={25} variant="default">
            Preview the link
          </Button>
        </Group>
      </form>
      <Dropzone
        multiple={false}
        useFsAccessApi={false}
        // The button opens the dialog for files: a control inside of another one is lost to screen readers.
        activateOnClick={false}
        activateOnKeyboard={false}
        enablePointerEvents
        openRef={openRef}
        onDrop={([file]) => file && onSource({ kind: 'file', file })}
        inputProps={{ 'aria-label': 'CSV file' }}
        style={{ cursor: 'default' }}
        py="xl"
      >
        <Stack align="center" gap="xs">
          <UploadIcon size={32} aria-hidden />
          <Text>Drop a CSV file here</Text>
          <Button variant="default" onClick={() => openRef.current?.()}>
            Choose a CSV file
          </Button>
          <Text size="sm" c="dimmed" ta="center">
            Delimiter, encoding, header and types are found from the file
          </Text>
        </Stack>
      </Dropzone>
    </Stack>
  );
}
