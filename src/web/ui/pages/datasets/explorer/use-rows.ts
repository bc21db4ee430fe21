import { useMemo } from 'react';
import { type PagedRows, type PageOfRows, usePagedRows } from '../../../data/paged-rows.ts';
import { DatasetRowsDocument, type DatasetRowsQuery } from '../../../generated/graphql.ts';
import { orderOf, type Question, rowVariables } from '../model/question.ts';
import type { Sort } from '../model/search.ts';

type RowsOfDataset = NonNullable<NonNullable<DatasetRowsQuery['dataset']>['rows']>;
export type DatasetRow = RowsOfDataset['nodes'][number];

/** Rows that are asked for at once: a page of the setting pageSizeMax would be 1,000. */
const pageRows = 500;

const pageOf = ({ dataset }: DatasetRowsQuery): PageOfRows<DatasetRow> | null => {
  const rows = dataset?.rows;
  return rows ? { rows: rows.nodes, totalCount: rows.totalCount, pageInfo: rows.pageInfo } : null;
};

/** The rows of a question, page after page. A version never changes, so no change makes them be read again. */
export const useRows = (question: Question, sort: Sort | undefined): PagedRows<DatasetRowsQuery, DatasetRow> => {
  const { name, version, where, search } = question;
  const variables = useMemo(
    () => ({
      ...rowVariables({ name, version, where, search }),
      orderBy: orderOf(sort),
      first: pageRows,
      after: null,
    }),
    [name, version, where, search, sort],
  );
  return usePagedRows({ query: DatasetRowsDocument, variables, kinds: [], pageOf });
};
