import '@mantine/dropzone/styles.css';
import { Alert, Button, Group, List, Select, Stack, Text, TextInput } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useState } from 'react';
import { useViewer } from '../../data/viewer.tsx';
import { BytesProgress, formatBytes } from './account.tsx';
import { useChangeSearch, useSearch } from './change-search.ts';
import { DryRun } from './dry-run.tsx';
import { ReadOptionsForm } from './read-options.tsx';
import { type RecordTarget, recordTargets } from './search.ts';
import { type Outcome, useStartImport } from './start.ts';
import { optionsOf, targetWords } from './words.ts';

interface FileFieldProps {
  readonly file: File | null;
  onFile(file: File | null): void;
}

function FileField({ file, onFile }: FileFieldProps) {
  return (
    <Dropzone
      multiple={false}
      onDrop={([dropped]) => onFile(dropped ?? null)}
      aria-label={file ? `Chosen file: ${file.name}. Choose another file` : 'Choose a file'}
      p="md"
    >
      <Text ta="center" size="sm">
        {file
          ? `${file.name}, ${formatBytes(file.size)}`
          : 'Drop a file here, or click to choose one: CSV, JSON, JSON Lines, also gzip'}
      </Text>
    </Dropzone>
  );
}

const Refusal = ({ outcome }: { readonly outcome: Extract<Outcome, { error: string }> }) => (
  <Alert color="orange" variant="light" title="This was refused" role="alert">
    <Text size="sm">{outcome.error}</Text>
    <List size="sm">
      {outcome.problems
        .filter(({ message }) => message !== outcome.error)
        .map(({ path, message }) => (
          <List.Item key={path}>{`${path}: ${message}`}</List.Item>
        ))}
    </List>
  </Alert>
);

/** A file or link: first a dry run that shows what it would store, then the import. */
export function UploadTab() {
  const { target = 'USERS', link, read = {} } = useSearch();
  const change = useChangeSearch();
  const { may } = useViewer();
  const [file, setFile] = useState<File | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const { start, sending, cancel } = useStartImport();
  const trimmedLink = link?.trim() ? link.trim() : undefined;
  const isReady = (file !== null || trimmedLink !== undefined) && sending === null && may('INGEST');
  const run = async (dryRun: boolean) => {
    const next = await start({ target, link: trimmedLink, file, read, dryRun });
    if (!dryRun && next && 'import' in next) change({ tab: undefined, open: next.import.id });
    else setOutcome(next);
  };
  return (
    <Stack gap="md" maw={1000}>
      <Select
        label="What the file contains"
        allowDeselect={false}
        data={optionsOf(targetWords, recordTargets)}
        value={target}
        onChange={(chosen) => {
          setOutcome(null);
          change({ target: chosen === 'USERS' ? undefined : (chosen as RecordTarget) });
        }}
        maw={320}
      />
      {trimmedLink === undefined && (
        <FileField
          file={file}
          onFile={(chosen) => {
            setOutcome(null);
            setFile(chosen);
          }}
        />
      )}
      <TextInput
        label="Or a link to it"
        placeholder="https://example.com/users.csv"
        value={link ?? ''}
        onChange={(event) => change({ link: event.currentTarget.value === '' ? undefined : event.currentTarget.value })}
      />
      <ReadOptionsForm />
      {!may('INGEST') && <Text size="sm">To import files, sign in with a key that has the scope ingest.</Text>}
      <Group>
        <Button disabled={!isReady} onClick={() => void run(true)}>
          Check the file
        </Button>
        <Button variant="default" disabled={!isReady} onClick={() => void run(false)}>
          Import
        </Button>
        {sending && (
          <Button variant="default" onClick={cancel}>
            Cancel
          </Button>
        )}
      </Group>
      {sending && <BytesProgress label="Sending" done={sending.sent} total={sending.total} sinceMs={sending.sinceMs} />}
      {outcome && ('import' in outcome ? <DryRun started={outcome.import} /> : <Refusal outcome={outcome} />)}
    </Stack>
  );
}
