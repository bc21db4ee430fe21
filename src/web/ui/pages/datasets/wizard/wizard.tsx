import { Stack, Title } from '@mantine/core';
import { useRef, useState } from 'react';
import { headersOf, useSession } from '../../../data/session.tsx';
import { ImportDatasetDocument } from '../../../generated/graphql.ts';
import { firstOptions, type ImportOptions, type ImportProblem, inputOf, type Source } from './options.ts';
import { postMutation, type Sent } from './post.ts';
import { PreviewStep } from './preview-step.tsx';
import { SourceStep } from './source-step.tsx';
import { Transfer } from './transfer.tsx';
import { usePreview } from './use-preview.ts';

interface WizardProps {
  /** The dataset that the address names. */
  readonly into: string | undefined;
  /** The import runs on the server, with this id. */
  onStarted(importId: string): void;
}

interface Start {
  readonly sent: Sent | null;
  readonly problems: readonly ImportProblem[];
  start(): void;
  cancel(): void;
}

/** Sends the file for good: the preview has stored nothing of it. */
const useStart = (source: Source, options: ImportOptions, onStarted: WizardProps['onStarted']): Start => {
  const session = useSession();
  const [sent, setSent] = useState<Sent | null>(null);
  const [problems, setProblems] = useState<readonly ImportProblem[]>([]);
  const running = useRef<AbortController>(undefined);
  const send = async (signal: AbortSignal): Promise<void> => {
    const { startImport } = await postMutation({
      document: ImportDatasetDocument,
      input: inputOf(source, options, false),
      file: source.kind === 'file' ? source.file : null,
      headers: headersOf(session),
      signal,
      onSent: setSent,
    });
    if (startImport?.__typename === 'StartImportPayload') return onStarted(startImport.import.id);
    const named = startImport?.__typename === 'ValidationError' ? startImport.problems : [];
    setProblems(
      named.length > 0 ? named : [{ path: '', message: startImport?.message ?? 'The import did not start.' }],
    );
  };
  return {
    sent,
    problems,
    start() {
      running.current = new AbortController();
      setProblems([]);
      setSent({ loaded: 0, total: 0 });
      send(running.current.signal)
        .catch((error: Error) => {
          if (error.name !== 'AbortError') setProblems([{ path: '', message: error.message }]);
        })
        .finally(() => setSent(null));
    },
    cancel: () => running.current?.abort(),
  };
};

interface ChosenProps extends WizardProps {
  readonly source: Source;
  onBack(): void;
}

function ChosenSource({ source, into, onStarted, onBack }: ChosenProps) {
  const [options, setOptions] = useState(() => firstOptions(source, into));
  const preview = usePreview(source, options);
  const { sent, problems, start, cancel } = useStart(source, options, onStarted);
  if (sent !== null) {
    const label = source.kind === 'file' ? 'Sending the file' : 'Asking for the link';
    return <Transfer label={label} done={sent.loaded} total={sent.total} onCancel={cancel} />;
  }
  return (
    <PreviewStep
      source={source}
      options={options}
      preview={preview}
      startProblems={problems}
      onChange={(changed) => setOptions((last) => ({ ...last, ...changed }))}
      onStart={start}
      onBack={onBack}
    />
  );
}

/** From a file or a link to a running import. */
export function Wizard({ into, onStarted }: WizardProps) {
  const [source, setSource] = useState<Source | null>(null);
  if (source !== null)
    return <ChosenSource source={source} into={into} onStarted={onStarted} onBack={() => setSource(null)} />;
  return (
    <Stack gap="md">
      <Title order={2} size="h3">
        {into === undefined ? 'Import a dataset' : `Import a new version of ${into}`}
      </Title>
      <SourceStep onSource={setSource} />
    </Stack>
  );
}
