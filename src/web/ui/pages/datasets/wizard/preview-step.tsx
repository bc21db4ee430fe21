import { Alert, Button, Code, Group, List, Stack, Text, Title } from '@mantine/core';
import { formatCount } from '../../../format/numbers.ts';
import { Account } from './account.tsx';
import { DialectFields } from './dialect-fields.tsx';
import {
  type ImportOptions,
  type ImportProblem,
  otherProblems,
  type PreviewedImport,
  problemAt,
  type Source,
} from './options.ts';
import { PreviewTable } from './preview-table.tsx';
import { TargetFields } from './target-fields.tsx';
import { Transfer } from './transfer.tsx';
import type { Preview } from './use-preview.ts';

interface PreviewStepProps {
  readonly source: Source;
  readonly options: ImportOptions;
  readonly preview: Preview;
  /** What the server said when the import was to start. */
  readonly startProblems: readonly ImportProblem[];
  onChange(changed: Partial<ImportOptions>): void;
  onStart(): void;
  onBack(): void;
}

const Problems = ({ problems }: { readonly problems: readonly ImportProblem[] }) =>
  problems.length === 0 ? null : (
    <Alert color="orange" variant="light" role="alert" title="The file cannot be imported like this">
      {problems.map(({ message }) => (
        <Text key={message} size="sm">
          {message}
        </Text>
      ))}
    </Alert>
  );

type RejectsProps = Pick<PreviewedImport, 'firstRejects' | 'rejected'>;

function FirstRejects({ firstRejects, rejected }: RejectsProps) {
  if (firstRejects.length === 0) return null;
  return (
    <Alert color="orange" variant="light" title={`${formatCount(rejected, 'row')} would be rejected, of these:`}>
      <List size="sm" spacing={4}>
        {firstRejects.map(({ line, raw, problems }) => (
          <List.Item key={line}>
            Line {line}: {problems.map(({ message }) => message).join('; ')} <Code>{raw.slice(0, 120)}</Code>
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Found({
  result,
  options,
  onChange,
}: Pick<PreviewStepProps, 'options' | 'onChange'> & { readonly result: PreviewedImport }) {
  const { dialect, preview, failure } = result;
  const setType: Parameters<typeof PreviewTable>[0]['onType'] = (column, type) => {
    const { [column]: _before, ...others } = options.types;
    onChange({ types: type === null ? others : { ...others, [column]: type } });
  };
  return (
    <Stack gap="sm">
      {failure && <Problems problems={[{ path: '', message: failure.message }]} />}
      {dialect && dialect.warnings.length > 0 && (
        <Alert color="orange" variant="light" title="Please check">
          {dialect.warnings.map((warning) => (
            <Text key={warning} size="sm">
              {warning}
            </Text>
          ))}
        </Alert>
      )}
      {preview && <Account {...result} />}
      {dialect && dialect.skippedLines > 0 && (
        <Text size="sm">{formatCount(dialect.skippedLines, 'line')} before the table skipped.</Text>
      )}
      <FirstRejects {...result} />
      {preview && <PreviewTable preview={preview} types={options.types} onType={setType} />}
    </Stack>
  );
}

const sourceName = (source: Source): string => (source.kind === 'file' ? source.file.name : source.url);

/** The second step: what the server found in the file, each thing to change, and where the rows go. */
export function PreviewStep(props: PreviewStepProps) {
  const { source, options, preview, startProblems, onChange, onStart, onBack } = props;
  const { result, sent, problems, cancel } = preview;
  const isFile = source.kind === 'file';
  const isSending = isFile && sent !== null && sent.loaded < sent.total;
  const all = [...problems, ...startProblems];
  const canStart = sent === null && problems.length === 0 && result !== null && result.failure === null;
  return (
    <Stack gap="md">
      <Title order={2} size="h3">
        Preview of {sourceName(source)}
      </Title>
      <DialectFields
        options={options}
        dialect={result?.dialect ?? null}
        headerError={problemAt(all, 'headerLine')}
        onChange={onChange}
      />
      <TargetFields
        options={options}
        problems={all}
        columns={result?.preview?.columns.map(({ name }) => name) ?? []}
        isLink={!isFile}
        onChange={onChange}
      />
      <Problems problems={otherProblems(all)} />
      {sent !== null && (
        <Transfer
          label={isSending ? 'Sending the file' : isFile ? 'Reading the file' : 'Reading the link'}
          done={sent.loaded}
          total={sent.total}
          onCancel={cancel}
        />
      )}
      <Group gap="xs">
        <Button onClick={onStart} disabled={!canStart}>
          Import {result?.preview ? formatCount(result.accepted + result.unchanged, 'row') : ''}
        </Button>
        <Button variant="default" onClick={onBack}>
          Choose another file
        </Button>
      </Group>
      {result && (
        <div aria-busy={sent !== null} style={{ opacity: sent === null ? 1 : 0.5 }}>
          <Found result={result} options={options} onChange={onChange} />
        </div>
      )}
    </Stack>
  );
}
