import { Accordion, Code, List, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { QueryView } from '../../../components/query-view.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { DatasetListDocument, DatasetSqlDocument } from '../../../generated/graphql.ts';
import { quotedName } from '../model/sql-text.ts';

const factTables = [
  ...(['transactions', 'experiment_events', 'users', 'status_changes'] as const),
  ...(['excluded_users', 'conversations', 'followups'] as const),
];

/** What `select *` has: the columns with their names and types in SQL. */
function Columns({ table }: { readonly table: string }) {
  const query = `select * from ${quotedName(table)} limit 0`;
  const result = useLiveQuery({ query: DatasetSqlDocument, variables: { query, first: 1, asOf: null }, kinds: [] });
  return (
    <QueryView result={result} height={40}>
      {({ sql }) => (
        <List size="xs" listStyleType="none" spacing={1}>
          {sql?.columns.map(({ name, type }) => (
            <List.Item key={name}>
              <Code fz="xs">{name}</Code>{' '}
              <Text span size="xs" c="dimmed">
                {type.toLowerCase()}
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </QueryView>
  );
}

/** The tables of SQL; the columns of a table are asked for when it is opened. */
export function SchemaTree({ current }: { readonly current: string }) {
  const result = useLiveQuery({ query: DatasetListDocument, variables: {}, kinds: ['DATASETS'] });
  const [opened, setOpened] = useState<string[]>([current]);
  return (
    <Stack gap={4}>
      <Title order={3} size="sm">
        Tables
      </Title>
      <QueryView result={result} height={120}>
        {({ datasets }) => {
          const names = datasets?.nodes.flatMap((dataset) => dataset?.name ?? []) ?? [];
          // A dataset hides facts of the same name.
          const facts = factTables.filter((name) => !names.includes(name));
          return (
            <Accordion multiple value={opened} onChange={setOpened} chevronPosition="left" variant="default">
              {[...names, ...facts].map((name) => (
                <Accordion.Item key={name} value={name}>
                  <Accordion.Control py={2}>
                    <Text size="sm">{name}</Text>
                  </Accordion.Control>
                  <Accordion.Panel>{opened.includes(name) && <Columns table={name} />}</Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
          );
        }}
      </QueryView>
    </Stack>
  );
}
