import { Alert, Code, List, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { CopyAs } from '../../components/copy-as.tsx';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { TrustedDocumentListDocument, type TrustedDocumentListQuery } from '../../generated/graphql.ts';

const route = getRouteApi('/api');

type Row = NonNullable<TrustedDocumentListQuery['trustedDocuments']>[number];

const nameOf = ({ name, documentId }: Row): string => name ?? documentId;

const variablesOf = ({ variables }: Row): string => variables.map(({ name, type }) => `$${name}: ${type}`).join(', ');

const columns: readonly DataColumn<Row>[] = [
  { id: 'name', header: 'Name', width: 220, sortable: true, sortValue: nameOf, cell: nameOf, text: nameOf },
  {
    id: 'operation',
    header: 'Operation',
    width: 110,
    cell: ({ operation }) => operation.toLowerCase(),
    text: ({ operation }) => operation,
  },
  {
    id: 'valid',
    header: 'Schema',
    width: 110,
    cell: ({ isValid }) => (isValid ? 'accepted' : <b>refused</b>),
    text: ({ isValid }) => String(isValid),
  },
  { id: 'variables', header: 'Variables', width: 280, cell: variablesOf, text: variablesOf },
  {
    id: 'description',
    header: 'Description',
    width: 340,
    cell: ({ description }) => description ?? '',
    text: ({ description }) => description ?? '',
  },
  {
    id: 'file',
    header: 'File',
    width: 240,
    cell: ({ file, line }) => `${file}:${line}`,
    text: ({ file, line }) => `${file}:${line}`,
  },
];

/** One document: what it is, how it is called by an address, and what the schema has against it. */
function Details({ document }: { readonly document: Row }) {
  const { description, text, path, documentId, isValid, problems, variables } = document;
  const address = path === null ? null : `${location.origin}${path}`;
  return (
    <Stack gap="sm">
      {description !== null && <Text>{description}</Text>}
      {!isValid && (
        <Alert color="orange" title="The schema refuses this document">
          <List size="sm">
            {problems.map((problem) => (
              <List.Item key={problem}>{problem}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Text size="sm">
        Id: <Code>{documentId}</Code>
      </Text>
      {variables.length > 0 && <Text size="sm">Variables: {variablesOf(document)}</Text>}
      {address !== null && (
        <>
          <Text size="sm">As an address (GET, with ETag; also with .csv or .ndjson behind /graphql):</Text>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {address}
          </Code>
        </>
      )}
      <CopyAs
        entries={[
          ...(address === null ? [] : [{ label: 'address', text: address }]),
          { label: 'id', text: documentId },
          { label: 'GraphQL', text },
        ]}
      />
      <Code block>{text}</Code>
    </Stack>
  );
}

function DocumentList({ documents }: { readonly documents: readonly Row[] }) {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const chosen = useMemo(() => documents.find(({ documentId }) => documentId === open), [documents, open]);
  if (documents.length === 0)
    return (
      <EmptyState action={<Code block>asof serve --documents queries/ --trusted-only</Code>}>
        No trusted documents are loaded. Name a file or folder with documents when the server starts.
      </EmptyState>
    );
  return (
    <>
      <DataTable
        label="List of trusted documents"
        columns={columns}
        rows={documents}
        rowKey={({ documentId, file, line }) => `${documentId} ${file}:${line}`}
        onOpenRow={({ documentId }) => navigate({ search: (previous) => ({ ...previous, open: documentId }) })}
      />
      <DetailDrawer
        title={chosen ? nameOf(chosen) : 'Document'}
        isOpen={chosen !== undefined}
        onClose={() => navigate({ search: (previous) => ({ ...previous, open: undefined }) })}
      >
        {chosen && <Details document={chosen} />}
      </DetailDrawer>
    </>
  );
}

/** The documents of the setting `documents`, with their addresses. */
export function TrustedDocuments() {
  const result = useLiveQuery({ query: TrustedDocumentListDocument, variables: {}, kinds: ['DOCUMENTS'] });
  return (
    <QueryView result={result}>
      {({ trustedDocuments }) => <DocumentList documents={trustedDocuments ?? []} />}
    </QueryView>
  );
}
