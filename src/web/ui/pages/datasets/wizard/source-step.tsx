import '@mantine/dropzone/styles.css';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { IconFileUpload } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import type { Source } from './options.ts';

const isLink = (text: string): boolean => /^https?:\/\/\S+$/i.test(text.trim());

/** The first step: a file, or the link to one. */
export function SourceStep({ onSource }: { onSource(source: Source): void }) {
  const [url, setUrl] = useState('');
  const [error, setError] = useState<string | null>(null);
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
        onDrop={([file]) => file && onSource({ kind: 'file', file })}
        inputProps={{ 'aria-label': 'CSV file' }}
        aria-label="Choose a CSV file, or drop one here"
        role="button"
        py="xl"
      >
        <Stack align="center" gap={4} style={{ pointerEvents: 'none' }}>
          <IconFileUpload size={32} stroke={1.4} aria-hidden />
          <Text>Drop a CSV file here, or choose one</Text>
          <Text size="sm" c="dimmed">
            Delimiter, encoding, header and types are found from the file
          </Text>
        </Stack>
      </Dropzone>
    </Stack>
  );
}
