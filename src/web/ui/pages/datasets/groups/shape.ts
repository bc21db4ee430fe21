import type { ColumnType } from '../../../generated/graphql.ts';
import { isNumeric } from '../model/cell.ts';
import { type GroupQuestion, measureName } from '../model/copy-groups.ts';
import type { TypeOf } from '../model/filter-tests.ts';
import type { Question } from '../model/question.ts';
import type { DatasetSearch, GroupMeasure } from '../model/search.ts';

/** What a person chooses for groups. */
export type GroupShape = Pick<GroupQuestion, 'groupBy' | 'measures' | 'having'>;

const countOnly: readonly GroupMeasure[] = [{ function: 'COUNT' }];

/** The groups of the address; by default the rows by the first text column. */
export const groupsOf = (question: Question, address: DatasetSearch, zone: string): GroupQuestion => {
  const text = question.version.columns.find(({ type }) => type === 'STRING' || type === 'BOOLEAN');
  const measures = address.measures ?? [];
  return {
    question,
    groupBy: address.groupBy ?? (text ? [{ column: text.name }] : []),
    measures: measures.length === 0 ? countOnly : measures,
    having: address.having ?? [],
    sort: address.groupSort,
    zone,
  };
};

/** The type of a measure's values. */
export const measureType = ({ function: name, column }: GroupMeasure, typeOf: TypeOf): ColumnType => {
  if ((name === 'MIN' || name === 'MAX') && column !== undefined) return typeOf(column);
  if (name === 'COUNT' || name === 'COUNT_DISTINCT') return 'INTEGER';
  return name === 'SUM' ? 'DECIMAL' : 'FLOAT';
};

/** The variables of the operation that asks for these groups. */
export const groupVariables = ({ question, groupBy, measures, having, sort, zone }: GroupQuestion) => ({
  name: question.name,
  version: question.version.id,
  where: question.where ?? null,
  search: question.search ?? null,
  groupBy: [...groupBy],
  measures: [...measures],
  // A condition on a measure that is no longer there would be refused.
  having: having.filter(({ as }) => measures.some((measure) => measureName(measure) === as)),
  orderBy:
    sort === undefined
      ? []
      : [{ column: sort.id, direction: sort.direction === 'asc' ? ('ASC' as const) : ('DESC' as const) }],
  timeZone: zone,
});

export const isFigure = (measure: GroupMeasure, typeOf: TypeOf): boolean => isNumeric(measureType(measure, typeOf));
