import type { FieldProblem } from '../../errors.ts';
import { idProblems } from '../../ledger/record.ts';
import type { Allocation, PlanRevision } from './plan.ts';

const variantsMax = 100;
const marketsMax = 1000;
const weightMax = 1e9;

/** What keeps a plan from being saved, by its fields. */
export const planProblems = (plan: PlanRevision): FieldProblem[] => [
  ...idProblems(plan.name === plan.key ? { key: plan.key } : { key: plan.key, name: plan.name }),
  ...periodProblems(plan),
  ...allocationProblems('allocation', plan.allocation),
  ...marketProblems(plan),
  ...plan.allocationByMarket.flatMap(({ allocation }, index) => {
    const path = `allocationByMarket.${index}.allocation`;
    if (allocation.length === 0) return [problem(path, 'MISSING', 'must name at least two variants')];
    return allocationProblems(path, allocation);
  }),
];

const problem = (path: string, code: FieldProblem['code'], rule: string): FieldProblem => ({
  path,
  code,
  message: `${path} ${rule}`,
});

const periodProblems = ({ startedAtUs, endedAtUs, allocationFromUs }: PlanRevision): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  if (startedAtUs !== null && endedAtUs !== null && endedAtUs <= startedAtUs)
    problems.push(problem('endedAt', 'OUT_OF_RANGE', 'must be after startedAt'));
  if (allocationFromUs !== null && endedAtUs !== null && allocationFromUs >= endedAtUs)
    problems.push(problem('allocationFrom', 'OUT_OF_RANGE', 'must be before endedAt'));
  return problems;
};

const allocationProblems = (path: string, allocation: readonly Allocation[]): FieldProblem[] => {
  const problems = allocation.flatMap(({ variant }, index) => idProblems({ [`${path}.${index}.variant`]: variant }));
  for (const [index, { weight }] of allocation.entries())
    if (!(weight > 0 && weight <= weightMax))
      problems.push(problem(`${path}.${index}.weight`, 'OUT_OF_RANGE', 'must be above 0 and at most 1e9'));
  if (allocation.length === 1) problems.push(problem(path, 'OUT_OF_RANGE', 'must name at least two variants'));
  if (allocation.length > variantsMax)
    problems.push(problem(path, 'OUT_OF_RANGE', `must name at most ${variantsMax} variants`));
  if (allocation.filter(({ isControl }) => isControl).length > 1)
    problems.push(problem(path, 'NOT_ALLOWED', 'may have at most one control'));
  return [
    ...problems,
    ...repeatProblems(
      path,
      allocation.map(({ variant }) => variant),
    ),
  ];
};

const marketProblems = ({ markets, allocationByMarket }: PlanRevision): FieldProblem[] => {
  const problems = [
    ...markets.flatMap((market, index) => idProblems({ [`markets.${index}`]: market })),
    ...allocationByMarket.flatMap(({ country }, index) =>
      idProblems({ [`allocationByMarket.${index}.country`]: country }),
    ),
  ];
  if (markets.length > marketsMax || allocationByMarket.length > marketsMax) {
    const path = markets.length > marketsMax ? 'markets' : 'allocationByMarket';
    problems.push(problem(path, 'OUT_OF_RANGE', `must name at most ${marketsMax} countries`));
  }
  for (const [index, { country }] of allocationByMarket.entries())
    if (markets.length > 0 && !markets.includes(country))
      problems.push(problem(`allocationByMarket.${index}.country`, 'NOT_ALLOWED', 'must be one of markets'));
  return [
    ...problems,
    ...repeatProblems('markets', markets),
    ...repeatProblems(
      'allocationByMarket',
      allocationByMarket.map(({ country }) => country),
    ),
  ];
};

const repeatProblems = (path: string, names: readonly string[]): FieldProblem[] => {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  return repeated === undefined ? [] : [problem(path, 'NOT_ALLOWED', `names ${JSON.stringify(repeated)} twice`)];
};
