import { expect, it } from 'vitest';
import { rowsOfSuspect } from '../../../src/web/ui/pages/experiments/check-data.ts';

const rowsOf = (dimension: 'ACCOUNT_TYPE' | 'EVENT_TYPE' | 'GENDER' | 'PERIOD' | 'USER_STATUS', value: string) =>
  rowsOfSuspect({ country: 'DE' }, { __typename: 'SrmSuspect', dimension, value, users: 1, contribution: 0.5 });

it('the rows of a segment are those of its market and its value', () => {
  expect(rowsOf('ACCOUNT_TYPE', 'paid')).toEqual({ countries: ['DE'], accountTypes: ['paid'] });
  expect(rowsOf('EVENT_TYPE', 'view')).toEqual({ countries: ['DE'], eventTypes: ['view'] });
  expect(rowsOf('GENDER', 'unknown')).toEqual({ countries: ['DE'], genders: ['unknown'] });
  expect(rowsOf('USER_STATUS', 'non-paying')).toEqual({ countries: ['DE'], userStatus: ['NON_PAYING'] });
  expect(rowsOf('PERIOD', '2026-02-28')).toEqual({
    ...{ countries: ['DE'], from: '2026-02-28T00:00:00.000Z', to: '2026-03-01T00:00:00.000Z' },
  });
});
