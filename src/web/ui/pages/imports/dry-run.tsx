import { Alert, Badge, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { missing } from '../../format/numbers.ts';
import { AccountLine } from './account.tsx';
import { DialectLine } from './dialect.tsx';
import type { StartedImport } from './start.ts';

type Preview = NonNullable<StartedImport['recordPreview']>;
type PreviewRow = Preview['rows'][number];

const cellText = (value: unknown): string =>
  value === null || value === undefined ? missing : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** Which column of the file becomes which field. */
const Mapping = ({ columns }: Pick<Preview, 'columns'>) => (
  <Group gap="xs" role="group" aria-label="Columns of the file">
    {columns.map(({ name, fields, examples }) => (
      <Badge key={name} variant="default" tt="none" fw={400} title={`Such as ${examples.join(', ')}`}>
        {fields.length === 0 ? `${name}: ignored` : `${name} → ${fields.join(', ')}`}
      </Badge>
    ))}
  </Group>
);

function PreviewTable({ preview }: { readonly preview: Preview }) {
  const columns = useMemo<readonly DataColumn<PreviewRow>[]>(
    () => [
      {
        id: 'line',
        header: 'line',
        numeric: true,
        width: 70,
        cell: ({ line }) => line,
        text: ({ line }) => String(line),
      },
      ...preview.fields.map((field, index) => ({
        ...{ id: `field-${field}`, header: field },
        cell: ({ values }: PreviewRow) => cellText(values[index]),
        text: ({ values }: PreviewRow) => (values[index] == null ? '' : cellText(values[index])),
      })),
    ],
    [preview.fields],
  );
  return (
    <DataTable
      label="First records"
      columns={columns}
      rows={preview.rows}
      rowKey={({ line }) => String(line)}
      height={320}
      emptyText="No record would be stored."
    />
  );
}

/** What an import would do. */
export function DryRun({ started }: { readonly started: StartedImport }) {
  const { failure, dialect, recordPreview, firstRejects } = started;
  return (
    <Stack gap="sm" component="section" aria-labelledby="dry-run">
      <Title order={2} id="dry-run">
        Nothing is stored yet
      </Title>
      {failure && (
        <Alert color="orange" variant="light" title="The import would fail" role="alert">
          {failure.message} ({failure.code})
        </Alert>
      )}
      <AccountLine account={started} isDryRun />
      {dialect && <DialectLine dialect={dialect} />}
      {recordPreview && (
        <>
          <Mapping columns={recordPreview.columns} />
          <PreviewTable preview={recordPreview} />
        </>
      )}
      {firstRejects.length > 0 && <Title order={3}>First rejects</Title>}
      {firstRejects.map(({ line, raw, problems }) => (
        <Stack key={line} gap={2}>
          <Text size="sm">{`Line ${line}: ${problems.map(({ message }) => message).join('; ')}`}</Text>
          <Code block tabIndex={0} style={{ overflowX: 'auto' }}>
            {raw.slice(0, 500)}
          </Code>
        </Stack>
      ))}
    </Stack>
  );
}
