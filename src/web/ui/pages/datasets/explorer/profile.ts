import { useMemo } from 'react';
import { type QueryResult, useLiveQuery } from '../../../data/live.tsx';
import { DatasetProfileDocument, type DatasetProfileQuery } from '../../../generated/graphql.ts';
import type { Question } from '../model/question.ts';

export type ProfiledColumn = NonNullable<NonNullable<DatasetProfileQuery['dataset']>['columns']>[number];

export type Profiles = ReadonlyMap<string, ProfiledColumn>;

/** The statistics of the columns of a version: of all its rows, whatever the filter. */
export const useProfiles = ({
  name,
  version,
}: Question): { result: QueryResult<DatasetProfileQuery>; profiles: Profiles } => {
  const result = useLiveQuery({
    query: DatasetProfileDocument,
    variables: { name, version: version.id },
    kinds: [],
  });
  const columns = result.state.data?.dataset?.columns;
  const profiles = useMemo(() => new Map((columns ?? []).map((column) => [column.name, column])), [columns]);
  return { result, profiles };
};

/** Columns with at most as many different values are counted beside the rows by default. */
const facetValuesMax = 50;
const facetsDefault = 5;

/** The columns whose values are worth counting, where the address names none. */
export const defaultFacets = (profiles: Profiles): readonly string[] =>
  [...profiles.values()]
    .filter(({ type, profile }) => {
      const isCategory = type === 'STRING' || type === 'STRING_LIST' || type === 'BOOLEAN';
      return isCategory && profile.distinctCount > 0 && profile.distinctCount <= facetValuesMax;
    })
    .slice(0, facetsDefault)
    .map(({ name }) => name);
