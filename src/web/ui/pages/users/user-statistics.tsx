import { Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { CitationButton } from '../../components/citation-button.tsx';
import { Figure } from '../../components/figure.tsx';
import { unknownClass } from '../../components/unknown.tsx';
import { unknownLabel } from '../../format/labels.ts';
import { formatFigure, formatShare } from '../../format/numbers.ts';
import type { UserFiguresQuery } from '../../generated/graphql.ts';
import { statuses, type UsersSearch } from './search.ts';

const route = getRouteApi('/users');

type Figures = NonNullable<UserFiguresQuery['userStatistics']>;

interface GroupListProps {
  readonly title: string;
  readonly groups: readonly { readonly label: string; readonly count: number }[];
  readonly total: number;
  onOpen(label: string): void;
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
      {inOrder(groups).map(({ label, count }) => (
        <Group key={label} justify="space-between" gap="xs" wrap="nowrap" className={unknownClass(label)}>
          <Text size="sm" truncate>
            {label}
          </Text>
          <Text size="sm" component="span">
            <Figure value={count} label={`users, ${title} ${label}`} onOpen={() => onOpen(label)} />{' '}
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
  age === null || age === undefined ? '–' : formatFigure(Math.round(age * 10) / 10);

/** How many users match, and of which kinds they are. A figure filters by what it counts. */
export function Statistics({ figures }: { readonly figures: Figures }) {
  const navigate = route.useNavigate();
  const open = (part: Partial<UsersSearch>) => navigate({ search: (previous) => ({ ...previous, ...part }) });
  const { count, averageAge, medianAge, withImage, byCountry, byGender, byStatus, snapshot } = figures;
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
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <GroupList
          title="Status"
          groups={byStatus ?? []}
          total={count}
          onOpen={(label) => {
            const status = statuses.find((each) => each.toLowerCase().replace('_', '-') === label);
            if (status) open({ statuses: [status] });
          }}
        />
        <GroupList title="Country" groups={byCountry} total={count} onOpen={(label) => open({ countries: [label] })} />
        <GroupList title="Gender" groups={byGender} total={count} onOpen={(label) => open({ genders: [label] })} />
      </SimpleGrid>
    </Stack>
  );
}
