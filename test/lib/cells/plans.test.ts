import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CellReader } from '../../../src/lib/cells/cell-reader.ts';
import { ColumnSurvey } from '../../../src/lib/cells/column-survey.ts';
import { planColumns, readsAlike } from '../../../src/lib/cells/plan-columns.ts';
import type { ColumnPlan } from '../../../src/lib/column.ts';

/** Cells of one kind each. */
const pools = [
  ['1', '12', '999', '1234', '-5', '007'],
  ['1.5', '0.25', '1.234', '12.500', '1.10', '1.1'],
  ['1,5', '1,234', '2,50'],
  ['1,234.50', '1.234,50', '1.234.567', "1'234"],
  ['NA', '', '-', 'NULL', ' '],
  ['2024-01-31', '2024-01-31 10:00:00', '31/12/2024', '01/02/2024', '12/31/2024', '31.12.2024 10:00'],
  ['abc', 'x', '14a'],
  ['true', 'FALSE'],
  ['1e5', '1.5e3', '9007199254740993.5', '12345678901234567890123456789012345678'],
  [' 7 ', '+8', '\u22125', '5.'],
];

/** A column mostly of one kind, and how many of its cells its first plan is made from. */
const column = fc
  .tuple(fc.constantFrom(...pools), fc.constantFrom(...pools))
  .chain(([main, other]) =>
    fc.array(
      fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...main) }, { weight: 1, arbitrary: fc.constantFrom(...other) }),
      { minLength: 1, maxLength: 25 },
    ),
  )
  .chain((cells) => fc.tuple(fc.constant(cells), fc.nat(cells.length)));

const planOf = (survey: ColumnSurvey, delimiter: ',' | ';'): ColumnPlan =>
  planColumns([survey], { delimiter })[0] as ColumnPlan;

const surveyOf = (cells: readonly string[]): ColumnSurvey => {
  const survey = new ColumnSurvey();
  for (const cell of cells) survey.add(cell);
  return survey;
};

it('a pass that surveys while it reads ends with the plan of all cells, and with its values where it reads alike', () => {
  fc.assert(
    fc.property(column, fc.constantFrom(',', ';'), ([cells, guessed], delimiter) => {
      const first = planOf(surveyOf(cells.slice(0, guessed)), delimiter);
      const survey = new ColumnSurvey();
      const reader = new CellReader(first, survey);
      const values = cells.map((cell) => reader.read(cell));
      const plan = planOf(survey, delimiter);
      expect(plan).toEqual(planOf(surveyOf(cells), delimiter));
      if (!readsAlike(first, plan)) return;
      const second = new CellReader(plan);
      const again = cells.map((cell) => second.read(cell));
      // The first pass of an INTEGER also reads decimals, because the plan may turn out DECIMAL.
      const isExtra = (index: number): boolean => plan.type === 'INTEGER' && values[index]?.includes('.') === true;
      expect(values.filter((_, index) => !isExtra(index))).toEqual(again.filter((_, index) => !isExtra(index)));
    }),
    { numRuns: 5000 },
  );
});
