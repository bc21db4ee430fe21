import { Stack, Table, Text } from '@mantine/core';
import { ignoredWords, ruleSentences, statusWords } from '../format/words.ts';
import type { ExplainedStatusFragment } from '../generated/graphql.ts';
import { Origin } from './origin.tsx';
import { Time } from './time.tsx';

type Change = NonNullable<ExplainedStatusFragment['explanation']['decidedBy']>;

interface ChangeRowProps {
  readonly change: Change;
  readonly note: string;
  readonly isDecisive: boolean;
}

const ChangeRow = ({ change, note, isDecisive }: ChangeRowProps) => (
  <Table.Tr fw={isDecisive ? 600 : 400}>
    <Table.Td>{statusWords[change.status]}</Table.Td>
    <Table.Td>
      <Time at={change.effectiveAt} />
    </Table.Td>
    <Table.Td>{note}</Table.Td>
    <Table.Td>
      <Origin provenance={change.provenance} />
    </Table.Td>
  </Table.Tr>
);

interface StatusExplanationProps {
  readonly status: ExplainedStatusFragment;
}

/** The rule, the record that decided, and those that did not, with the file and line of each. */
export function StatusExplanation({ status: { at, validFrom, validTo, explanation } }: StatusExplanationProps) {
  const { rule, decidedBy, ignored } = explanation;
  const changes = ignored ?? [];
  return (
    <Stack gap="xs">
      <Text size="sm">
        At <Time at={at} />. {ruleSentences[rule]}
      </Text>
      <Text size="sm">
        Valid from {validFrom === null ? 'the beginning' : <Time at={validFrom} />} to{' '}
        {validTo === null ? 'now, with no later change' : <Time at={validTo} />}.
      </Text>
      {(decidedBy !== null || changes.length > 0) && (
        <Table.ScrollContainer minWidth={480} type="native" tabIndex={0} role="region" aria-label="Status changes">
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                {['Status', 'From', 'Why', 'Record'].map((title) => (
                  <Table.Th key={title} scope="col">
                    {title}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {decidedBy && <ChangeRow change={decidedBy} note="decided" isDecisive />}
              {changes.map(({ change, reason }) => (
                <ChangeRow key={change.id} change={change} note={ignoredWords[reason]} isDecisive={false} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}
