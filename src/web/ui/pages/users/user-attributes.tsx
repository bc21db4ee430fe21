import { Group, Paper, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { unknownClass } from '../../components/unknown.tsx';
import { UserImage } from '../../components/user-image.tsx';
import { unknownLabel } from '../../format/labels.ts';
import { formatFigure, missing } from '../../format/numbers.ts';
import type { UserDetails } from './user-details.ts';

interface Attribute {
  readonly name: string;
  readonly value: ReactNode;
  /** Which files state it. */
  readonly from: string;
  readonly isUnknown?: boolean;
}

const attributesOf = ({ firstName, lastName, birthDate, age, country, gender }: UserDetails): readonly Attribute[] => {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  return [
    { name: 'Name', value: name === '' ? missing : name, from: 'the user’s own file' },
    { name: 'Birth date', value: birthDate ?? missing, from: 'the user’s own file' },
    { name: 'Age', value: formatFigure(age), from: 'the birth date' },
    { name: 'Country', value: country ?? unknownLabel, from: 'users files', isUnknown: country === null },
    { name: 'Gender', value: gender ?? unknownLabel, from: 'users files', isUnknown: gender === null },
  ];
};

/** The photo and the attributes of a user, each with its source. */
export function UserAttributes({ user }: { readonly user: UserDetails }) {
  const { image, userId } = user;
  return (
    <Paper withBorder p="md" component="section" aria-label="Attributes">
      <Title order={2}>Attributes</Title>
      <Group align="flex-start" gap="lg">
        {image ? (
          <UserImage url={image.url} alt={`User ${userId}`} width={image.width} height={image.height} />
        ) : (
          <Text c="dimmed">no image</Text>
        )}
        <Table w="auto">
          <Table.Tbody>
            {attributesOf(user).map(({ name, value, from, isUnknown }) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td className={isUnknown ? unknownClass(unknownLabel) : undefined}>{value}</Table.Td>
                <Table.Td c="dimmed" fz="xs">
                  from {from}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Group>
    </Paper>
  );
}
