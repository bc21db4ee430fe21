import type { RowFilter } from '../../src/domains/datasets/filter.ts';
import { builder } from '../builder.ts';

export const ColumnTestInput = builder.inputType('ColumnTest', {
  description:
    'A test of a cell: exactly one of these. A cell without a value passes `ne` and `isNull` only, so that every row passes either a test or its `not`.',
  isOneOf: true,
  fields: (t) => ({
    eq: t.field({ type: 'CellValue', description: 'Equal; text is case-sensitive.' }),
    ne: t.field({ type: 'CellValue', description: 'Not equal; also passes without a value.' }),
    gt: t.field({ type: 'CellValue', description: 'Greater; text is compared by code point.' }),
    gte: t.field({ type: 'CellValue', description: 'Greater or equal.' }),
    lt: t.field({ type: 'CellValue', description: 'Less.' }),
    lte: t.field({ type: 'CellValue', description: 'Less or equal.' }),
    in: t.field({ type: ['CellValue'], description: 'Equal to one of these.' }),
    contains: t.string({
      description:
        'Contains this text, ignoring case; no character is special. In a list, one of its items contains it. In a column that is not text, it searches the texts of misfits.',
    }),
    startsWith: t.string({ description: 'Begins with this text, ignoring case.' }),
    hasAny: t.stringList({ description: 'For lists: one of the items equals one of these, case-sensitive.' }),
    isNull: t.boolean({ description: 'Whether the cell has no value.' }),
    isMisfit: t.boolean({ description: 'Whether the text of the cell does not fit the type of its column.' }),
  }),
});

const ColumnCondition = builder.inputType('ColumnCondition', {
  description: 'A test of one column.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The `name` of the column.' }),
    test: t.field({ type: ColumnTestInput, required: true, description: 'The test of its cells.' }),
  }),
});

export const RowFilterInput = builder.inputRef<RowFilter>('RowFilter').implement({
  description: 'A condition on rows: exactly one of these; at most filterPartsMax parts (setting, 100).',
  isOneOf: true,
  fields: (t) => ({
    and: t.field({ type: [RowFilterInput], description: 'All of these; an empty list passes every row.' }),
    or: t.field({ type: [RowFilterInput], description: 'At least one of these; an empty list passes no row.' }),
    not: t.field({ type: RowFilterInput, description: 'Every row that does not pass this condition.' }),
    column: t.field({ type: ColumnCondition, description: 'A test of one column.' }),
  }),
});
