import type { RowFilter } from '../../src/domains/datasets/filter.ts';
import { builder } from '../builder.ts';

export const ColumnTestInput = builder.inputType('ColumnTest', {
  description:
    'What is asked of a cell. Exactly one. A cell without a value passes none but `ne` and `isNull`, so that a test and its `not` share all rows out.',
  isOneOf: true,
  fields: (t) => ({
    eq: t.field({ type: 'CellValue', description: 'Equal; text in the same case.' }),
    ne: t.field({ type: 'CellValue', description: 'Anything else, also no value.' }),
    gt: t.field({ type: 'CellValue', description: 'Greater; text by code unit.' }),
    gte: t.field({ type: 'CellValue', description: 'Greater or equal.' }),
    lt: t.field({ type: 'CellValue', description: 'Less.' }),
    lte: t.field({ type: 'CellValue', description: 'Less or equal.' }),
    in: t.field({ type: ['CellValue'], description: 'Equal to one of these.' }),
    contains: t.string({
      description:
        'This text is a part, in any case; nothing in it is special. Of a list: of one of its items. Of columns that are no text: of cells that do not fit.',
    }),
    startsWith: t.string({ description: 'It begins with this text, in any case.' }),
    hasAny: t.stringList({ description: 'Of a list: one of its items is one of these, in the same case.' }),
    isNull: t.boolean({ description: 'Whether there is no value.' }),
    isMisfit: t.boolean({ description: 'Whether the cell’s text does not fit its column’s type.' }),
  }),
});

const ColumnCondition = builder.inputType('ColumnCondition', {
  description: 'A test of one column.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The column’s `name`.' }),
    test: t.field({ type: ColumnTestInput, required: true, description: 'What is asked of its cells.' }),
  }),
});

export const RowFilterInput = builder.inputRef<RowFilter>('RowFilter').implement({
  description: 'Which rows. Exactly one of these; parts as many as the setting filterPartsMax (100).',
  isOneOf: true,
  fields: (t) => ({
    and: t.field({ type: [RowFilterInput], description: 'All of these; of none: every row.' }),
    or: t.field({ type: [RowFilterInput], description: 'One of these at least; of none: no row.' }),
    not: t.field({ type: RowFilterInput, description: 'Every row that this does not let through.' }),
    column: t.field({ type: ColumnCondition, description: 'One column.' }),
  }),
});
