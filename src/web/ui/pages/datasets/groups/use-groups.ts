import { useMemo } from 'react';
import { type PagedRows, type PageOfRows, usePagedRows } from '../../../data/paged-rows.ts';
import { DatasetGroupsDocument, type DatasetGroupsQuery } from '../../../generated/graphql.ts';
import type { GroupQuestion } from '../model/copy-groups.ts';
import { groupVariables } from './shape.ts';

export type GroupNode = NonNullable<NonNullable<DatasetGroupsQuery['dataset']>['aggregate']>['nodes'][number];

const pageOf = ({ dataset }: DatasetGroupsQuery): PageOfRows<GroupNode> | null => {
  const page = dataset?.aggregate;
  return page ? { rows: page.nodes, totalCount: page.totalCount, pageInfo: page.pageInfo } : null;
};

export const useGroups = (groups: GroupQuestion): PagedRows<DatasetGroupsQuery, GroupNode> => {
  const variables = useMemo(() => ({ ...groupVariables(groups), after: null }), [groups]);
  return usePagedRows({ query: DatasetGroupsDocument, variables, kinds: [], pageOf });
};
