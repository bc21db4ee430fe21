import { Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { CityExplanation } from '../../components/city-explanation.tsx';
import { DataTable } from '../../components/data-table.tsx';
import type { DataColumn, Sort } from '../../components/data-table-columns.ts';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { unknownClass } from '../../components/unknown.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { type Ask, useLoaded } from '../../data/loaded.ts';
import type { AsOf } from '../../data/view.ts';
import { unknownLabel } from '../../format/labels.ts';
import { formatCount, formatFigure, missing } from '../../format/numbers.ts';
import { ipKindWords } from '../../format/words.ts';
import { LookupCitiesDocument, type LookupCitiesQuery, LookupCityDocument } from '../../generated/graphql.ts';
import { type PastedAddress, pastedAddresses } from './addresses.ts';
import { useSnapshot } from './use-lookup.ts';

const route = getRouteApi('/lookup');

/** The most addresses that one request may have. */
const requestMax = 1000;

type Lookup = NonNullable<LookupCitiesQuery['ipCities']>[number];

interface Row extends PastedAddress {
  readonly id: string;
  readonly lookup: Lookup;
}

const loadRows = async (ask: Ask, pasted: readonly PastedAddress[], asOf: AsOf | null): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (let start = 0; start < pasted.length; start += requestMax) {
    const part = pasted.slice(start, start + requestMax);
    const { ipCities } = await ask(LookupCitiesDocument, { addresses: part.map(({ text }) => text), asOf });
    part.forEach((each, index) => {
      const lookup = ipCities?.[index];
      if (lookup) rows.push({ ...each, id: String(start + index), lookup });
    });
  }
  return rows;
};

const cityOf = ({ lookup }: Row): string | null => lookup.ipCity?.city ?? null;

const recordOf = ({ lookup }: Row): string => {
  const provenance = lookup.ipCity?.range?.provenance;
  if (!provenance) return '';
  return provenance.line === null ? provenance.source : `${provenance.source}, line ${provenance.line}`;
};

const text = (id: string, header: string, read: (row: Row) => string, width?: number): DataColumn<Row> => ({
  id,
  header,
  cell: (row) => read(row) || missing,
  text: read,
  sortable: true,
  sortValue: read,
  ...(width === undefined ? {} : { width }),
});

const columns: readonly DataColumn<Row>[] = [
  {
    id: 'line',
    header: 'Line',
    numeric: true,
    width: 70,
    sortable: true,
    cell: ({ line }) => formatFigure(line),
    text: ({ line }) => String(line),
    sortValue: ({ line }) => line,
  },
  text('address', 'Address', (row) => row.text, 190),
  {
    ...text('city', 'City', (row) => cityOf(row) ?? ''),
    className: (row) => (cityOf(row) === unknownLabel ? unknownClass(unknownLabel) : undefined),
  },
  text('range', 'Range', ({ lookup }) => lookup.ipCity?.range?.cidrs.join(' ') ?? ''),
  text('kind', 'Kind', ({ lookup }) => (lookup.ipCity ? ipKindWords[lookup.ipCity.kind] : ''), 110),
  text('problem', 'Problem', ({ lookup }) => lookup.problem ?? '', 260),
  text('record', 'Record', recordOf, 180),
];

const summaryOf = (rows: readonly Row[]): string => {
  const problems = rows.filter(({ lookup }) => lookup.problem !== null).length;
  const unknown = rows.filter((row) => cityOf(row) === unknownLabel).length;
  return [
    `${formatFigure(rows.length - problems - unknown)} with a city`,
    `${formatFigure(unknown)} unknown`,
    `${formatFigure(problems)} no addresses`,
  ].join(', ');
};

function OneCity({ ip, asOf }: { readonly ip: string; readonly asOf: AsOf | null }) {
  const result = useLiveQuery({
    query: LookupCityDocument,
    variables: { ip, asOf },
    kinds: asOf === null ? ['IP_RANGES'] : [],
  });
  return (
    <QueryView result={result}>
      {({ ipCity }) =>
        ipCity ? <CityExplanation city={ipCity} /> : <EmptyState>There is no answer for this address.</EmptyState>
      }
    </QueryView>
  );
}

/** The answers for a pasted list, a row each; a row opens the ranges that contain its address. */
export function CityTable({ pasted }: { readonly pasted: string }) {
  const { ip } = route.useSearch();
  const navigate = route.useNavigate();
  const asOf = useSnapshot();
  const addresses = useMemo(() => pastedAddresses(pasted), [pasted]);
  const [sort, setSort] = useState<Sort | null>(null);
  const result = useLoaded({
    key: JSON.stringify([pasted, asOf]),
    kinds: asOf === null ? ['IP_RANGES'] : [],
    load: (ask) => loadRows(ask, addresses, asOf),
  });
  const open = (opened: string | undefined) =>
    void navigate({ search: (previous) => ({ ...previous, ip: opened }), resetScroll: false });
  return (
    <QueryView result={result} height={240}>
      {(rows) => (
        <Stack gap="xs">
          <Text size="sm" role="status">
            {`${formatCount(rows.length, 'address', 'addresses')}: ${summaryOf(rows)}`}
          </Text>
          <DataTable
            label="Cities of addresses"
            columns={columns}
            rows={rows}
            rowKey={({ id }) => id}
            sort={sort}
            onSort={setSort}
            onOpenRow={({ lookup }) => lookup.ipCity && open(lookup.ipCity.ip)}
            totalCount={rows.length}
          />
          <DetailDrawer title={`City of ${ip ?? ''}`} isOpen={ip !== undefined} onClose={() => open(undefined)}>
            {ip !== undefined && <OneCity key={ip} ip={ip} asOf={asOf} />}
          </DetailDrawer>
        </Stack>
      )}
    </QueryView>
  );
}
