import { Alert, Box, Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { PlayIcon } from '@primer/octicons-react';
import { type RefObject, useMemo, useRef, useState } from 'react';
import { AsOfControl } from '../../../components/as-of-control.tsx';
import { CopyAs } from '../../../components/copy-as.tsx';
import { DataTable } from '../../../components/data-table.tsx';
import { LoadingState } from '../../../components/states.tsx';
import { problemOf } from '../../../data/errors.ts';
import { useLiveQuery } from '../../../data/live.tsx';
import { useAsOf } from '../../../data/view.ts';
import { formatCount, formatFigure } from '../../../format/numbers.ts';
import { DatasetSqlDocument } from '../../../generated/graphql.ts';
import { useAddress } from '../explorer/use-address.ts';
import { copiesOfSql } from '../model/copy-sql.ts';
import type { Question } from '../model/question.ts';
import { tableText } from '../model/sql-text.ts';
import { positionInText } from './position.ts';
import { resultColumns } from './result-columns.tsx';
import { SchemaTree } from './schema-tree.tsx';
import { SqlExport } from './sql-export.tsx';

/** As many rows as a page may have; files have all. */
const rowsShown = 1000;

interface EditorProps {
  readonly text: string;
  onRun(text: string): void;
}

interface StatementProps extends EditorProps {
  readonly areaRef: RefObject<HTMLTextAreaElement | null>;
}

function Statement({ text, onRun, areaRef }: StatementProps) {
  const [draft, setDraft] = useState(text);
  return (
    <Stack gap="xs">
      <Textarea
        ref={areaRef}
        label="Statement"
        description="One SELECT in the dialect of DuckDB. Ctrl+Enter runs it."
        autosize
        minRows={5}
        maxRows={18}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        value={draft}
        onChange={({ currentTarget }) => setDraft(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          onRun(draft);
        }}
      />
      <Group gap="xs">
        <Button leftSection={<PlayIcon size={16} aria-hidden />} onClick={() => onRun(draft)}>
          Run
        </Button>
        <AsOfControl />
      </Group>
    </Stack>
  );
}

interface FailureProps {
  readonly message: string;
  readonly text: string;
  readonly areaRef: StatementProps['areaRef'];
}

/** What is wrong, the line it is in, and the way there. */
function Failure({ message, text, areaRef }: FailureProps) {
  const position = positionInText(message, text);
  const go = () => {
    const area = areaRef.current;
    if (!area || !position) return;
    area.focus();
    area.setSelectionRange(position.offset, position.offset);
  };
  return (
    <Alert color="orange" variant="light" role="alert" title="The statement cannot be run">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{message}</Text>
        {position && (
          <>
            <Box component="pre" m={0} fz="sm" style={{ overflowX: 'auto', maxWidth: '100%' }}>
              {`${position.line}\n${' '.repeat(position.column - 1)}^`}
            </Box>
            <Button size="compact-sm" variant="default" onClick={go}>
              Go to the position
            </Button>
          </>
        )}
      </Stack>
    </Alert>
  );
}

function Result({ text, areaRef }: Omit<FailureProps, 'message'>) {
  const asOf = useAsOf();
  const { state } = useLiveQuery({
    query: DatasetSqlDocument,
    variables: { query: text, first: rowsShown, asOf },
    kinds: [],
  });
  const result = state.data?.sql;
  const columns = useMemo(() => resultColumns(result?.columns ?? []), [result]);
  const rows = useMemo(() => (result?.rows ?? []).map((row, index) => ({ index, row })), [result]);
  if (state.error) return <Failure message={problemOf(state.error).message} text={text} areaRef={areaRef} />;
  if (!result) return <LoadingState height={240} />;
  return (
    <Stack gap="xs" aria-busy={state.fetching || state.stale}>
      {result.warnings.map((warning) => (
        <Text key={warning} size="sm">
          {warning}
        </Text>
      ))}
      <Text size="sm">
        {result.isTruncated
          ? `The first ${formatCount(result.rowCount, 'row')}: the files have more.`
          : formatCount(result.rowCount, 'row')}
        , facts of snapshot {formatFigure(result.snapshot.sequence)}
      </Text>
      <DataTable
        label="Result"
        columns={columns}
        rows={rows}
        rowKey={({ index }) => String(index)}
        exports={<SqlExport text={text} />}
      />
      <Group gap="xs">
        <CopyAs entries={copiesOfSql(text, asOf, location.origin)} />
      </Group>
    </Stack>
  );
}

/** A statement over datasets and facts. It is in the address, so a link is a saved query. */
export function SqlView({ question }: { readonly question: Question }) {
  const { address, change } = useAddress();
  const areaRef = useRef<HTMLTextAreaElement>(null);
  const { name, version, isPinned } = question;
  const first = `select *\nfrom ${tableText(name, isPinned ? version.number : undefined)}\nlimit 100`;
  const text = address.sql ?? first;
  return (
    <Group align="flex-start" gap="md">
      <Box w={{ base: '100%', md: 230 }}>
        <SchemaTree current={name} />
      </Box>
      <Stack gap="md" flex="1 1 24rem" miw={0}>
        <Statement key={text} text={text} areaRef={areaRef} onRun={(sql) => change({ sql })} />
        <Result text={text} areaRef={areaRef} />
      </Stack>
    </Group>
  );
}
