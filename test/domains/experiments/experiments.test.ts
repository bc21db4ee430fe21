import { expect, it, onTestFinished } from 'vitest';
import { experiments } from '../../../db/tables/index.ts';
import { openApp } from '../../support/app.ts';

const saveExperiment = `mutation ($input: SaveExperimentInput!) {
  saveExperiment(input: $input) {
    __typename
    ... on SaveExperimentPayload { experiment { key name startedAt endedAt markets allocation { variant weight isControl } } }
    ... on ValidationError { code problems { path code } }
  }
}`;

const openTestApp = async () => {
  const app = await openApp();
  onTestFinished(app.close);
  const save = async (input: object) => {
    const { data, errors } = await app.query<{ saveExperiment: object }>(saveExperiment, { input });
    return errors?.[0]?.message ?? data?.saveExperiment;
  };
  return { ...app, save };
};

const [a, b] = [
  { variant: 'A', weight: 90, isControl: true },
  { variant: 'B', weight: 10, isControl: false },
];

it('saveExperiment saves a plan as a whole, and an unchanged plan is not saved again', async () => {
  const { app, save } = await openTestApp();
  const plan = {
    key: 'k',
    startedAt: '2023-01-01T00:00:00Z',
    endedAt: '2023-02-01T00:00:00Z',
    markets: ['SE'],
    allocation: [a, b],
  };
  for (let time = 0; time < 2; time++)
    expect(await save(plan)).toEqual({ __typename: 'SaveExperimentPayload', experiment: { name: 'k', ...plan } });
  expect(app.store.count(experiments)).toBe(1);
  await save({ ...plan, allocation: [] });
  expect(app.store.count(experiments)).toBe(2);
});

it.each<[string, object, string[]]>([
  ['no weight', { allocation: [a, { ...b, weight: 0 }] }, ['allocation.1.weight OUT_OF_RANGE']],
  ['a negative weight', { allocation: [{ ...a, weight: -1 }, b] }, ['allocation.0.weight OUT_OF_RANGE']],
  ['a huge weight', { allocation: [a, { ...b, weight: 1.7e308 }] }, ['allocation.1.weight OUT_OF_RANGE']],
  ['one variant', { allocation: [a] }, ['allocation OUT_OF_RANGE']],
  ['a variant twice', { allocation: [a, b, { ...b, weight: 1 }] }, ['allocation NOT_ALLOWED']],
  ['two controls', { allocation: [a, { ...b, isControl: true }] }, ['allocation NOT_ALLOWED']],
  ['an empty variant', { allocation: [a, { ...b, variant: '' }] }, ['allocation.1.variant MALFORMED']],
  [
    'too many variants',
    { allocation: Array.from({ length: 101 }, (_, index) => ({ variant: `${index}`, weight: 1 })) },
    ['allocation OUT_OF_RANGE'],
  ],
  ['an empty key', { key: '' }, ['key MALFORMED']],
  ['a key that is not valid text', { key: '\ud800' }, ['key MALFORMED']],
  ['an empty name', { name: '' }, ['name MALFORMED']],
  ['a market twice', { markets: ['SE', 'SE'] }, ['markets NOT_ALLOWED']],
  ['an end before its start', { startedAt: '2023-01-02', endedAt: '2023-01-01' }, ['endedAt OUT_OF_RANGE']],
  ['an empty period', { startedAt: '2023-01-02', endedAt: '2023-01-02' }, ['endedAt OUT_OF_RANGE']],
])('saveExperiment rejects a plan with %s and names the field', async (_what, changes, problems) => {
  const { app, save } = await openTestApp();
  const result = (await save({ key: 'k', allocation: [a, b], ...changes })) as {
    code: string;
    problems: { path: string; code: string }[];
  };
  expect(result.code).toBe('VALIDATION_FAILED');
  expect(result.problems.map(({ path, code }) => `${path} ${code}`)).toEqual(problems);
  expect(app.store.count(experiments)).toBe(0);
});
