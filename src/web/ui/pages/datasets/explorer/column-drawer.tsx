import { SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { DetailDrawer } from '../../../components/detail-drawer.tsx';
import { Figure } from '../../../components/figure.tsx';
import { unknownClass } from '../../../components/unknown.tsx';
import { useZone } from '../../../data/view.ts';
import { formatFigure } from '../../../format/numbers.ts';
import type { ColumnTest } from '../../../generated/graphql.ts';
import { columnLabel, formatCell, typeLabels } from '../model/cell.ts';
import { filterOfParts } from '../model/filter-tests.ts';
import type { Question } from '../model/question.ts';
import { HistogramTable } from './histogram-table.tsx';
import type { ProfiledColumn, Profiles } from './profile.ts';
import { useAddress } from './use-address.ts';

interface DetailsProps {
  readonly column: ProfiledColumn;
  /** Shows the rows that pass tests of this column. */
  onTest(...tests: readonly ColumnTest[]): void;
}

const Fact = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  <div>
    <Text size="xs" c="dimmed">
      {label}
    </Text>
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      {children}
    </Text>
  </div>
);

function Facts({ column: { type, profile }, onTest }: DetailsProps) {
  const zone = useZone();
  const { nullCount, misfitCount, distinctCount, min, max, mean, median } = profile;
  return (
    <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="sm">
      <Fact label="Type">{typeLabels[type]}</Fact>
      <Fact label="Different values">{formatFigure(distinctCount)}</Fact>
      <Fact label="Without a value">
        <Figure value={nullCount} label="rows without a value" onOpen={() => onTest({ isNull: true })} />
      </Fact>
      {type !== 'STRING' && (
        <Fact label="Do not fit the type">
          <Figure value={misfitCount} label="rows that do not fit the type" onOpen={() => onTest({ isMisfit: true })} />
        </Fact>
      )}
      <Fact label="Least">{formatCell(min, type, zone)}</Fact>
      <Fact label="Greatest">{formatCell(max, type, zone)}</Fact>
      {mean !== null && <Fact label="Mean">{formatFigure(mean)}</Fact>}
      {median !== null && <Fact label="Median">{formatFigure(median)}</Fact>}
    </SimpleGrid>
  );
}

function MostCommon({ column: { type, profile }, onTest }: DetailsProps) {
  const zone = useZone();
  return (
    <Table fz="sm" aria-label="Most frequent values">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Value</Table.Th>
          <Table.Th scope="col" data-numeric>
            Rows
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {profile.mostCommon.map(({ value, count }) => {
          const test: ColumnTest =
            value === null
              ? { isNull: true }
              : type === 'STRING_LIST'
                ? { hasAny: typeof value === 'object' ? [...value] : [String(value)] }
                : { eq: value as string | number | boolean };
          const label = value === null ? 'no value' : value === '' ? '(empty)' : formatCell(value, type, zone);
          return (
            <Table.Tr key={`${typeof value} ${value}`} className={unknownClass(value === null ? null : '')}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{label}</Table.Td>
              <Table.Td data-numeric>
                <Figure value={count} label={`rows with ${label}`} onOpen={() => onTest(test)} />
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

interface ColumnDrawerProps {
  readonly question: Question;
  readonly profiles: Profiles;
}

/** The statistics of a column over all rows of the version. Every count opens its rows. */
export function ColumnDrawer({ question, profiles }: ColumnDrawerProps) {
  const { address, change } = useAddress();
  const name = address.column;
  const column = name === undefined ? undefined : profiles.get(name);
  const onTest = (...tests: readonly ColumnTest[]) => {
    if (name === undefined) return;
    // Exactly the rows that were counted: the statistics are of all rows, whatever the filter.
    const where = filterOfParts(tests.map((test) => ({ column: { name, test } })));
    change({ where, search: undefined, column: undefined });
  };
  return (
    <DetailDrawer
      title={name === undefined ? '' : columnLabel(name)}
      isOpen={name !== undefined}
      onClose={() => change({ column: undefined })}
    >
      {column && (
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            Of all {formatFigure(question.version.rowCount)} rows of version {question.version.number}, whatever the
            filter.
          </Text>
          <Facts column={column} onTest={onTest} />
          {column.profile.histogram.length > 0 && <HistogramTable column={column} onTest={onTest} />}
          <Title order={3} size="h5">
            Most frequent values
          </Title>
          <MostCommon column={column} onTest={onTest} />
        </Stack>
      )}
      {name !== undefined && column === undefined && <Text>This version has no column of this name.</Text>}
    </DetailDrawer>
  );
}
