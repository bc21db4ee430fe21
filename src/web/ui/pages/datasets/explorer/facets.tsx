import { Checkbox, Group, MultiSelect, Stack, Text, Title } from '@mantine/core';
import { QueryView } from '../../../components/query-view.tsx';
import { unknownClass } from '../../../components/unknown.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { useZone } from '../../../data/view.ts';
import { formatFigure } from '../../../format/numbers.ts';
import { DatasetFacetsDocument, type DatasetFacetsQuery, type RowFilter } from '../../../generated/graphql.ts';
import { columnLabel, formatCell } from '../model/cell.ts';
import { isChosen, toggled, withoutFacet } from '../model/facet-filter.ts';
import { type Question, rowVariables } from '../model/question.ts';

type Facet = NonNullable<NonNullable<DatasetFacetsQuery['dataset']>['facets']>[number];

interface FacetProps {
  readonly facet: Facet;
  readonly where: RowFilter | undefined;
  onWhere(where: RowFilter | undefined): void;
}

function FacetValues({ facet, where, onWhere }: FacetProps) {
  const zone = useZone();
  const { column, buckets, otherCount } = facet;
  // What is missing is the last group.
  const ordered = [...buckets.filter(({ value }) => value !== null), ...buckets.filter(({ value }) => value === null)];
  return (
    <Stack gap={3} role="group" aria-label={columnLabel(column.name)}>
      <Title order={3} size="sm">
        {columnLabel(column.name)}
      </Title>
      {ordered.map(({ value, count }) => {
        const label = value === null ? 'no value' : value === '' ? '(empty)' : formatCell(value, column.type, zone);
        return (
          <Group
            key={`${typeof value} ${value}`}
            gap={4}
            wrap="nowrap"
            justify="space-between"
            className={unknownClass(value === null ? null : '')}
          >
            <Checkbox
              size="xs"
              label={
                <Text span size="sm" lineClamp={1} title={label}>
                  {label}
                </Text>
              }
              checked={isChosen(where, column.name, value as string | number | boolean | null)}
              onChange={() => onWhere(toggled(where, column, value as string | number | boolean | null))}
            />
            <Text size="xs" className="asof-figure">
              {formatFigure(count)}
            </Text>
          </Group>
        );
      })}
      {buckets.length === 0 && (
        <Text size="xs" c="dimmed">
          No rows
        </Text>
      )}
      {otherCount > 0 && (
        <Text size="xs" c="dimmed">
          and {formatFigure(otherCount)} of other values
        </Text>
      )}
    </Stack>
  );
}

interface FacetsProps {
  readonly question: Question;
  readonly columns: readonly string[];
  onColumns(columns: readonly string[]): void;
  onWhere(where: RowFilter | undefined): void;
}

interface CountedProps extends Omit<FacetsProps, 'onColumns'> {
  /** Which rows are counted. */
  readonly among: RowFilter | undefined;
}

function Counted({ question, among, columns, onWhere }: CountedProps) {
  const result = useLiveQuery({
    query: DatasetFacetsDocument,
    variables: { ...rowVariables({ ...question, where: among }), columns: [...columns] },
    kinds: [],
  });
  return (
    <QueryView result={result}>
      {({ dataset }) => (
        <Stack gap="md">
          {/* The answer before stays until the next has come: a facet that filters since is counted elsewhere. */}
          {dataset?.facets
            ?.filter(({ column }) => columns.includes(column.name))
            .map((facet) => (
              <FacetValues key={facet.column.name} facet={facet} where={question.where} onWhere={onWhere} />
            ))}
        </Stack>
      )}
    </QueryView>
  );
}

/**
 * How often each value occurs among the rows of the filter; a click filters by it. A facet whose own values filter counts the
 * rows without them: its other values stay to be chosen.
 */
export function Facets({ question, columns, onColumns, onWhere }: FacetsProps) {
  const names = question.version.columns.map(({ name }) => name);
  const known = columns.filter((name) => names.includes(name));
  const { where } = question;
  const isFiltering = (name: string): boolean => withoutFacet(where, name) !== where;
  const others = known.filter((name) => !isFiltering(name));
  return (
    <Stack gap="sm">
      <MultiSelect
        size="xs"
        label="Count the values of"
        searchable
        data={names.filter((name) => name !== '')}
        value={[...known]}
        maxValues={20}
        onChange={onColumns}
        comboboxProps={{ withinPortal: true }}
      />
      {known.filter(isFiltering).map((name) => (
        <Counted key={name} {...{ question, onWhere }} columns={[name]} among={withoutFacet(where, name)} />
      ))}
      {others.length > 0 && <Counted {...{ question, onWhere }} columns={others} among={where} />}
    </Stack>
  );
}
