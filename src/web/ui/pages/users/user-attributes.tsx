import { Group, Paper, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Origin } from '../../components/origin.tsx';
import { unknownClass } from '../../components/unknown.tsx';
import { UserImage } from '../../components/user-image.tsx';
import { unknownLabel } from '../../format/labels.ts';
import { formatFigure, missing } from '../../format/numbers.ts';
import type { UserDetails } from './user-details.ts';

interface Attribute {
  readonly name: string;
  readonly value: ReactNode;
  /** The record that states it, or what it follows from. */
  readonly from: ReactNode;
  readonly isUnknown?: boolean;
}

const attributesOf = (user: UserDetails): readonly Attribute[] => {
  const { userId, firstName, lastName, birthDate, age, country, gender, fileProvenance, attributeRecords } = user;
  const name = [firstName, lastName].filter(Boolean).join(' ');
  const file = fileProvenance ? (
    <>
      {userId}.csv in <Origin provenance={fileProvenance} />
    </>
  ) : (
    'no file of this user'
  );
  const record = attributeRecords?.[0];
  const stated = record ? <Origin provenance={record.provenance} /> : 'no users file states it';
  return [
    { name: 'Name', value: name === '' ? missing : name, from: file },
    { name: 'Birth date', value: birthDate ?? missing, from: file },
    { name: 'Age', value: formatFigure(age), from: birthDate === null ? missing : 'the birth date' },
    { name: 'Country', value: country ?? unknownLabel, from: stated, isUnknown: country === null },
    { name: 'Gender', value: gender ?? unknownLabel, from: stated, isUnknown: gender === null },
  ];
};

function Photo({ user: { userId, image } }: { readonly user: UserDetails }) {
  if (!image) return <Text c="dimmed">no image</Text>;
  return (
    <Stack gap={2} maw={220}>
      <UserImage url={image.url} alt={`User ${userId}`} width={image.width} height={image.height} />
      <Text size="xs" c="dimmed">
        {image.name} in <Origin provenance={image.provenance} />
      </Text>
    </Stack>
  );
}

/** Records of users files that a later one has superseded: nothing is lost. */
function IgnoredRecords({ user: { attributeRecords } }: { readonly user: UserDetails }) {
  const ignored = attributeRecords?.slice(1) ?? [];
  if (ignored.length === 0) return null;
  return (
    <Stack gap={2} mt="sm" component="section" aria-label="Ignored records">
      <Title order={3} size="h5">
        Ignored records
      </Title>
      {ignored.map(({ country, gender, provenance }) => (
        <Text key={provenance.sequence} size="sm">
          country {country ?? missing}, gender {gender ?? missing}: superseded by a later record ·{' '}
          <Text span size="xs" c="dimmed">
            <Origin provenance={provenance} />
          </Text>
        </Text>
      ))}
    </Stack>
  );
}

/** The photo and the attributes of a user, each with the file and line that state it, and the records that do not count. */
export function UserAttributes({ user }: { readonly user: UserDetails }) {
  return (
    <Paper withBorder p="md" component="section" aria-label="Attributes">
      <Title order={2}>Attributes</Title>
      <Group align="flex-start" gap="lg">
        <Photo user={user} />
        <Table w="auto">
          <Table.Tbody>
            {attributesOf(user).map(({ name, value, from, isUnknown }) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td className={isUnknown ? unknownClass(unknownLabel) : undefined}>{value}</Table.Td>
                <Table.Td c="dimmed" fz="xs">
                  {from}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Group>
      <IgnoredRecords user={user} />
    </Paper>
  );
}
