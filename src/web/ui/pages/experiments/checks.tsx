import { Box, Button, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { PageLink } from '../../components/page-link.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { Time } from '../../components/time.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { formatCount, formatFigure, formatShare } from '../../format/numbers.ts';
import { ExperimentChecksDocument } from '../../generated/graphql.ts';
import {
  type Check,
  checkTitle,
  probabilityText,
  rowsOfCheck,
  rowsOfSuspect,
  type SampleRatio,
  suspectText,
  textExamples,
  userExamples,
} from './check-data.ts';
import classes from './experiment.module.css';
import { useChangeSearch, useExperimentSearch, useScope } from './scope.ts';
import { VerdictMark, verdictOrder } from './verdict.tsx';

type Counts = readonly { readonly variant: string; readonly users: number; readonly expected: number }[];

const VariantCounts = ({ counts }: { readonly counts: Counts }) => (
  <Table fz="xs" aria-label="Users and expected users by variant">
    <Table.Tbody>
      {counts.map(({ variant, users, expected }) => (
        <Table.Tr key={variant}>
          <Table.Th scope="row">{variant}</Table.Th>
          <Table.Td data-numeric>{formatCount(users, 'user')}</Table.Td>
          <Table.Td data-numeric>{formatFigure(Number(expected.toFixed(1)))} expected</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

function SplitFigures({ check }: { readonly check: SampleRatio }) {
  const change = useChangeSearch();
  return (
    <>
      <VariantCounts counts={check.observed} />
      <Text size="xs">
        Sequential p {probabilityText(check.sequentialPValue)}, at most {formatShare(check.maxDeviation)} off
        {check.brokenSince !== null && (
          <>
            , since <Time at={check.brokenSince} />
          </>
        )}
      </Text>
      {check.verdict !== 'HEALTHY' &&
        check.suspects?.map((suspect) => (
          <Button
            key={`${suspect.dimension} ${suspect.value}`}
            variant="default"
            size="compact-xs"
            onClick={() => change({ rows: rowsOfSuspect(check, suspect), fact: undefined })}
          >
            {suspectText(suspect)}: {formatShare(suspect.contribution)} of it, {formatCount(suspect.users, 'user')}
          </Button>
        ))}
    </>
  );
}

/** The figure of a check, where its sentence does not have it all. */
function CheckFigures({ check }: { readonly check: Check }) {
  switch (check.__typename) {
    case 'SampleRatioTest':
      return <SplitFigures check={check} />;
    case 'DeploymentGap':
      return (
        check.since !== null && (
          <Text size="xs">
            Since <Time at={check.since} />
          </Text>
        )
      );
    case 'CrossoverCheck':
      return (
        <Text size="xs">
          {formatCount(check.users, 'user')}, {formatShare(check.share)} of all
        </Text>
      );
    case 'UnknownUserCheck':
      return <VariantCounts counts={check.byVariant} />;
    case 'DataCheck':
      return <Text size="xs">{formatFigure(check.count)} found</Text>;
  }
}

function Examples({ check }: { readonly check: Check }) {
  const users = userExamples(check);
  const texts = textExamples(check);
  if (users.length + texts.length === 0) return null;
  return (
    <Text size="xs" component="div">
      For example{' '}
      {users.map((userId, index) => (
        <span key={userId}>
          {index > 0 && ', '}
          <PageLink inherit to="/users/$userId" params={{ userId }}>
            {userId}
          </PageLink>
        </span>
      ))}
      {texts.join(', ')}
    </Text>
  );
}

function CheckCard({ check }: { readonly check: Check }) {
  const change = useChangeSearch();
  const rows = rowsOfCheck(check);
  const title = `${checkTitle(check)}, ${check.country ?? 'all markets'}`;
  return (
    <Card withBorder padding="sm" component="article" aria-label={title} data-check={check.__typename}>
      <Stack gap={6} align="flex-start">
        <Group justify="space-between" w="100%" gap="xs">
          <Title order={3} size="sm">
            {title}
          </Title>
          <VerdictMark verdict={check.verdict} />
        </Group>
        <Text size="sm">{check.message}</Text>
        <CheckFigures check={check} />
        <Examples check={check} />
        {rows !== null && (
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label={`Events of ${title}`}
            onClick={() => change({ rows, fact: undefined })}
          >
            Events
          </Button>
        )}
      </Stack>
    </Card>
  );
}

/** The worst first; among equals all markets before one of them, as the server orders them. */
const inOrder = (checks: readonly Check[]): Check[] =>
  checks.toSorted((one, two) => verdictOrder.indexOf(one.verdict) - verdictOrder.indexOf(two.verdict));

/** Which checks are shown at once: all that need a person, and of the others as many as make six. */
const firstOf = (checks: readonly Check[]): number =>
  Math.max(checks.filter(({ verdict }) => verdict === 'BROKEN' || verdict === 'WATCH').length, 6);

function Cards({ checks }: { readonly checks: readonly Check[] }) {
  const [isWhole, setWhole] = useState(false);
  const sorted = inOrder(checks);
  const visible = isWhole ? sorted : sorted.slice(0, firstOf(sorted));
  const rest = sorted.length - visible.length;
  return (
    <Stack gap="xs" align="flex-start">
      <Box className={classes.cards} w="100%">
        {visible.map((check) => (
          <CheckCard key={`${checkTitle(check)} ${check.country} ${check.message}`} check={check} />
        ))}
      </Box>
      {rest > 0 && (
        <Button variant="default" size="compact-sm" onClick={() => setWhole(true)}>
          Show {formatCount(rest, 'more check')}
        </Button>
      )}
    </Stack>
  );
}

export function Checks() {
  const { variables, kinds } = useScope();
  const { market } = useExperimentSearch();
  const result = useLiveQuery({
    query: ExperimentChecksDocument,
    variables: { ...variables, country: market ?? null },
    kinds,
  });
  return (
    <QueryView result={result} height={240}>
      {({ monitor }) => <Cards checks={monitor?.checks ?? []} />}
    </QueryView>
  );
}
