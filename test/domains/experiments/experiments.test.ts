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

const opened = async () => {
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

it('a plan is saved whole, and the same again is no new one', async () => {
  const { app, save } = await opened();
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
    { allocation: Array.from({ length: 101 }, (_, place) => ({ variant: `${place}`, weight: 1 })) },
    ['allocation OUT_OF_RANGE'],
  ],
  ['an empty key', { key: '' }, ['key MALFORMED']],
  ['a key that is no text', { key: '\ud800' }, ['key MALFORMED']],
  ['an empty name', { name: '' }, ['name MALFORMED']],
  ['a market twice', { markets: ['SE', 'SE'] }, ['markets NOT_ALLOWED']],
  ['its end before its start', { startedAt: '2023-01-02', endedAt: '2023-01-01' }, ['endedAt OUT_OF_RANGE']],
  ['no time at all', { startedAt: '2023-01-02', endedAt: '2023-01-02' }, ['endedAt OUT_OF_RANGE']],
])('a plan with %s is refused by field', async (_what, changes, problems) => {
  const { app, save } = await opened();
  const answer = (await save({ key: 'k', allocation: [a, b], ...changes })) as {
    code: string;
    problems: { path: string; code: string }[];
  };
  expect(answer.code).toBe('VALIDATION_FAILED');
  expect(answer.problems.map(({ path, code }) => `${path} ${code}`)).toEqual(problems);
  expect(app.store.count(experiments)).toBe(0);
});
