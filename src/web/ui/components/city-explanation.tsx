import { Stack, Table, Text } from '@mantine/core';
import { formatCount, formatFigure } from '../format/numbers.ts';
import { ipKindWords } from '../format/words.ts';
import type { ExplainedCityFragment } from '../generated/graphql.ts';
import { Origin } from './origin.tsx';
import { Time } from './time.tsx';
import { unknownClass } from './unknown.tsx';

interface CityExplanationProps {
  readonly city: ExplainedCityFragment;
}

const titles = ['City', 'Range', 'From', 'To', 'Record'];

/** The ranges that contain an address, the one that decided first, and the table that they are of. */
export function CityExplanation({ city: { ip, kind, range, candidates, table } }: CityExplanationProps) {
  const ranges = candidates ?? [];
  return (
    <Stack gap="xs">
      <Text size="sm">
        {`${ip} is a ${ipKindWords[kind]} address. `}
        {range === null
          ? 'No range of the table contains it.'
          : `The narrowest of ${formatCount(ranges.length, 'range')} that contain it decides.`}
      </Text>
      {ranges.length > 0 && (
        <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} role="region" aria-label="IP ranges">
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                {titles.map((title) => (
                  <Table.Th key={title} scope="col">
                    {title}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {ranges.map((each) => (
                <Table.Tr key={each.id} fw={each.id === range?.id ? 600 : 400}>
                  <Table.Td className={unknownClass(each.city)}>{each.city}</Table.Td>
                  <Table.Td>{each.cidrs.join(', ')}</Table.Td>
                  <Table.Td>{each.first}</Table.Td>
                  <Table.Td>{each.last}</Table.Td>
                  <Table.Td>
                    <Origin provenance={each.provenance} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Text size="sm" c="dimmed">
        {table === null ? (
          'There is no table of IP ranges.'
        ) : (
          <>
            {`Table ${formatFigure(table.number)} of ${formatCount(table.rangeCount, 'range')}, in force since `}
            <Time at={table.recordedAt} />.
          </>
        )}
      </Text>
    </Stack>
  );
}
