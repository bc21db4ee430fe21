import { Text } from '@mantine/core';
import { useMemo } from 'react';
import type { DataColumn } from '../../../components/data-table.tsx';
import { Figure } from '../../../components/figure.tsx';
import { unknownClass } from '../../../components/unknown.tsx';
import { formatCount } from '../../../format/numbers.ts';
import type { ColumnType } from '../../../generated/graphql.ts';
import { cellText, columnLabel, formatCell, isNumeric, tableId } from '../model/cell.ts';
import { type GroupQuestion, measureName } from '../model/copy-groups.ts';
import { typeOfColumn } from '../model/question.ts';
import { type GroupKey, keyText } from './group-drawer.tsx';
import { measureType } from './shape.ts';
import type { GroupNode } from './use-groups.ts';

const words: Readonly<Record<string, string>> = { SUM: 'sum', AVERAGE: 'mean', COUNT: 'count' };

/** A measure, and what it leaves out. */
const Measured = ({
  groups,
  node,
  index,
  type,
  onOpen,
}: {
  groups: GroupQuestion;
  node: GroupNode;
  index: number;
  type: ColumnType;
  onOpen(): void;
}) => {
  const value = node.measures[index];
  const excluded = node.excludedCounts[index] ?? 0;
  const name = words[groups.measures[index]?.function ?? ''] ?? 'figure';
  const label = `rows of ${node.key.map(keyText).join(', ') || 'all groups'}`;
  return (
    <>
      {excluded > 0 && (
        <Text span size="xs" mr={6}>
          {formatCount(excluded, 'value')} left out of this {name}
        </Text>
      )}
      <Figure
        value={isNumeric(type) ? (value as string | number | null) : formatCell(value, type, groups.zone)}
        label={label}
        onOpen={onOpen}
      />
    </>
  );
};

/** Keys first, then measures. Each figure opens the rows of its group. */
export const useGroupColumns = (
  groups: GroupQuestion,
  nodes: readonly GroupNode[],
  onOpen: (key: GroupKey) => void,
): DataColumn<GroupNode>[] =>
  useMemo(() => {
    const typeOf = typeOfColumn(groups.question);
    const names = groups.groupBy.map(({ column }) => column);
    const isFirst = (index: number) => names.indexOf(names[index] ?? '') === index;
    const keys = groups.groupBy.map(({ column, grain }, index): DataColumn<GroupNode> => {
      const type: ColumnType = grain ? 'DATE' : typeOf(column);
      return {
        id: tableId(isFirst(index) ? column : `${column} ${index + 1}`),
        header: columnLabel(column),
        numeric: isNumeric(type),
        sortable: true,
        width: 220,
        cell: ({ key }) => {
          const cell = key[index];
          return cell === null || cell === undefined
            ? 'no value'
            : cell === ''
              ? '(empty)'
              : formatCell(cell, type, groups.zone);
        },
        text: ({ key }) => cellText(key[index]),
        className: ({ key }) => unknownClass(key[index] === null ? null : ''),
      };
    });
    const measures = groups.measures.map((measure, index): DataColumn<GroupNode> => {
      const type = measureType(measure, typeOf);
      const leavesOut = nodes.some(({ excludedCounts }) => (excludedCounts[index] ?? 0) > 0);
      return {
        id: tableId(measureName(measure)),
        header: measureName(measure),
        numeric: true,
        sortable: true,
        width: leavesOut ? 300 : 160,
        cell: (node) => <Measured {...{ groups, node, index, type }} onOpen={() => onOpen(node.key)} />,
        text: ({ measures: values }) => cellText(values[index]),
      };
    });
    return [...keys, ...measures.filter(({ id }, at) => measures.findIndex((each) => each.id === id) === at)];
  }, [groups, nodes, onOpen]);
