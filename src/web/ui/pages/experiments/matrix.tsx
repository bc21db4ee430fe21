import { Box, Group, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import { CitationButton } from '../../components/citation-button.tsx';
import { unknownClass } from '../../components/unknown.tsx';
import { formatCount, formatFigure, formatShare } from '../../format/numbers.ts';
import { CsvButton } from './csv-button.tsx';
import classes from './experiment.module.css';
import { type MatrixCell, type MatrixRow, matrixOf, type Report } from './matrix-data.ts';
import { useChangeSearch, useExperimentSearch } from './scope.ts';
import { VerdictMark } from './verdict.tsx';

const percent = (share: number): string => `${Math.min(100, share * 100)}%`;

/** The share as a bar, and the expected one as a thin mark on it. */
const ShareBar = ({ share, expected }: Pick<MatrixCell, 'share' | 'expected'>) => (
  <Box className={classes.bar} aria-hidden>
    <Box className={classes.fill} style={{ width: percent(share) }} />
    {expected !== null && <Box className={classes.mark} style={{ left: percent(expected) }} />}
  </Box>
);

const expectedText = (expected: number | null): string =>
  expected === null ? 'not planned' : `${formatShare(expected)} expected`;

interface CellProps {
  readonly cell: MatrixCell;
  readonly market: string | null;
  readonly isSelected: boolean;
  onOpen(): void;
}

const Hidden = ({ children }: { readonly children: string }) => <span className="asof-hidden">{children}</span>;

const Cell = ({ cell: { variant, users, events, share, expected }, market, isSelected, onOpen }: CellProps) => (
  <Table.Td className={unknownClass(market ?? '')} p={0}>
    <UnstyledButton
      className={classes.cell}
      aria-pressed={isSelected}
      title={`${formatCount(events, 'event')}. Open the rows`}
      onClick={onOpen}
    >
      <Hidden>{`${market ?? 'All markets'}, ${variant}: `}</Hidden>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="sm" fw={600} className="asof-figure" data-users>
          {formatFigure(users)}
          <Hidden> users,</Hidden>
        </Text>
        <Text size="sm" className="asof-figure" data-share>
          {formatShare(share)}
        </Text>
      </Group>
      <ShareBar share={share} expected={expected} />
      <Text size="xs" c="dimmed" className="asof-figure">
        {expectedText(expected)}
      </Text>
    </UnstyledButton>
  </Table.Td>
);

interface RowProps {
  readonly row: MatrixRow;
  readonly report: Report;
}

function Row({ row: { market, cells, users }, report }: RowProps) {
  const search = useExperimentSearch();
  const change = useChangeSearch();
  const verdict = report.markets.find(({ country }) => country === market)?.verdict ?? null;
  const select = (variant: string | undefined) =>
    change({
      market: market ?? undefined,
      variant,
      rows: {
        ...(market === null ? {} : { countries: [market] }),
        ...(variant === undefined ? {} : { variants: [variant] }),
      },
      fact: undefined,
    });
  const isRow = search.market === (market ?? undefined);
  return (
    <Table.Tr data-market={market ?? 'all'}>
      <Table.Th scope="row" className={unknownClass(market ?? '')}>
        {verdict !== null && <VerdictMark verdict={verdict} isCompact />} {market ?? 'All markets'}
      </Table.Th>
      {cells.map((cell) => (
        <Cell
          key={cell.variant}
          {...{ cell, market }}
          isSelected={isRow && search.variant === cell.variant}
          onOpen={() => select(cell.variant)}
        />
      ))}
      <Table.Td data-numeric p={0} h={1} className={unknownClass(market ?? '')}>
        <UnstyledButton
          className={classes.cell}
          aria-pressed={isRow && search.variant === undefined && market !== null}
          title="Open the rows"
          onClick={() => select(undefined)}
        >
          <Text size="sm" fw={600} className="asof-figure">
            <Hidden>{`${market ?? 'All markets'}: `}</Hidden>
            {formatFigure(users)}
            <Hidden> users</Hidden>
          </Text>
        </UnstyledButton>
      </Table.Td>
    </Table.Tr>
  );
}

const csvHeader = ['market', 'variant', 'users', 'events', 'share', 'expected share'];

const csvRows = (rows: readonly MatrixRow[]): string[][] =>
  rows.flatMap(({ market, cells }) =>
    cells.map(({ variant, users, events, share, expected }) => [
      market ?? 'all markets',
      ...[variant, String(users), String(events), String(share), String(expected ?? '')],
    ]),
  );

/** Users by market and variant. A click on a cell selects it for the rest of the page and opens its rows. */
export function MarketMatrix({ report }: { readonly report: Report }) {
  const { variants, rows } = matrixOf(report);
  const citation = rows.flatMap(({ market, cells }) =>
    cells.map((cell) => `${market ?? 'All markets'}, ${cell.variant}: ${cell.users} users, ${formatShare(cell.share)}`),
  );
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={160 + variants.length * 130} type="native">
        <Table withTableBorder withColumnBorders aria-label="Users by market and variant">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Market</Table.Th>
              {variants.map((variant) => (
                <Table.Th key={variant} scope="col">
                  {variant}
                </Table.Th>
              ))}
              <Table.Th scope="col" data-numeric>
                Users
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Row key={row.market ?? ''} {...{ row, report }} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group gap="xs">
        <CsvButton title={`${report.experiment.key} users`} header={csvHeader} rows={() => csvRows(rows)} />
        <CitationButton
          text={[report.experiment.name, report.sentence, ...citation].join('\n')}
          sequence={report.snapshot.sequence}
        />
        <Text size="xs" c="dimmed">
          The mark on a bar is the expected share. A user with events in two variants counts in both cells, and once in
          the column Users.
        </Text>
      </Group>
    </Stack>
  );
}
