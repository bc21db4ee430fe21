import { Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { CitationButton } from '../../components/citation-button.tsx';
import { Figure } from '../../components/figure.tsx';
import { unknownClass } from '../../components/unknown.tsx';
import { unknownLabel } from '../../format/labels.ts';
import { formatFigure, formatShare, missing } from '../../format/numbers.ts';
import { statusWords } from '../../format/words.ts';
import type { UserFiguresQuery } from '../../generated/graphql.ts';
import { statuses, type UsersSearch } from './search.ts';

const route = getRouteApi('/users');

type Figures = NonNullable<UserFiguresQuery['userStatistics']>;

interface UserGroup {
  readonly label: string;
  readonly count: number;
  /** The filter that has exactly these users. */
  readonly filter: Partial<UsersSearch>;
}

interface GroupListProps {
  readonly title: string;
  readonly groups: readonly UserGroup[];
  readonly total: number;
  onOpen(filter: Partial<UsersSearch>): void;
}

/** Unknown last, the others as the server orders them. */
const inOrder = (groups: GroupListProps['groups']): GroupListProps['groups'] => [
  ...groups.filter(({ label }) => label !== unknownLabel),
  ...groups.filter(({ label }) => label === unknownLabel),
];

const GroupList = ({ title, groups, total, onOpen }: GroupListProps) => (
  <Paper withBorder p="xs" component="section" aria-label={title}>
    <Text size="sm" fw={600}>
      {title}
    </Text>
    <Stack gap={0} mah={150} style={{ overflowY: 'auto' }} tabIndex={groups.length > 6 ? 0 : undefined}>
      {inOrder(groups).map(({ label, count, filter }) => (
        <Group key={label} justify="space-between" gap="xs" wrap="nowrap" className={unknownClass(label)}>
          <Text size="sm" truncate>
            {label}
          </Text>
          <Text size="sm" component="span">
            <Figure value={count} label={`users, ${title} ${label}`} onOpen={() => onOpen(filter)} />{' '}
            <Text span size="xs" c="dimmed" className="asof-figure">
              {formatShare(total === 0 ? null : count / total)}
            </Text>
          </Text>
        </Group>
      ))}
    </Stack>
  </Paper>
);

const roundedAge = (age: number | null | undefined): string =>
  age === null || age === undefined ? missing : formatFigure(Math.round(age * 10) / 10);

const groupsOf = ({ byStatus, byAgeBand, byCountry, byGender }: Figures) => [
  {
    title: 'Status',
    groups: statuses.flatMap((status) =>
      (byStatus ?? [])
        .filter(({ label }) => label === status)
        .map(({ count }) => ({ label: statusWords[status], count, filter: { statuses: [status] } })),
    ),
  },
  {
    title: 'Age',
    groups: byAgeBand.map(({ band, count }) => ({
      label: band?.label ?? unknownLabel,
      count,
      filter: band
        ? { ageFrom: band.from, ageTo: band.to ?? undefined, ageKnown: undefined }
        : { ageKnown: false, ageFrom: undefined, ageTo: undefined },
    })),
  },
  {
    title: 'Country',
    groups: byCountry.map(({ label, count }) => ({ label, count, filter: { countries: [label] } })),
  },
  { title: 'Gender', groups: byGender.map(({ label, count }) => ({ label, count, filter: { genders: [label] } })) },
];

/** How many users match, and of which kinds they are. A figure filters by what it counts. */
export function Statistics({ figures }: { readonly figures: Figures }) {
  const navigate = route.useNavigate();
  const open = (part: Partial<UsersSearch>) => navigate({ search: (previous) => ({ ...previous, ...part }) });
  const { count, averageAge, medianAge, withImage, snapshot } = figures;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text>
          <Figure value={count} /> users; mean age {roundedAge(averageAge)}, median {roundedAge(medianAge)};{' '}
          <Figure value={withImage} label="users with image" onOpen={() => open({ image: true })} /> with an image
        </Text>
        <CitationButton
          text={`${formatFigure(count)} users, mean age ${roundedAge(averageAge)} (snapshot ${snapshot.sequence})`}
        />
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        {groupsOf(figures).map(({ title, groups }) => (
          <GroupList key={title} title={title} groups={groups} total={count} onOpen={open} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}
