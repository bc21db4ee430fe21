import { expect, it } from 'vitest';
import { DomainError } from '../../src/errors.ts';
import { errorForLog, withoutValues } from '../../src/lib/log-text.ts';

it.each([
  [
    `select * from "users_2" where "id" = 'o''brien' and n = -1.5e3`,
    'select * from "users_2" where "id" = ? and n = ?',
  ],
  ["insert into t (a, b) values (x'0aff', 12), ('', 0)", 'insert into t (a, b) values (?, ?), (?, ?)'],
  ["select ? from t1 where c = 'a\n--b'", 'select ? from t1 where c = ?'],
])('the statement %s is logged as %s', (sql, logged) => {
  expect(withoutValues(sql)).toBe(logged);
});

it.each([
  ['cannot read "anna" of `bert`', 'cannot read … of …'],
  ["ENOENT: no such file or directory, open '/data/anna.csv'", 'ENOENT: no such file or directory, open …'],
  ['connect ECONNREFUSED 203.0.113.7:443', 'connect ECONNREFUSED …:443'],
  ['no route to 2001:db8::17', 'no route to …'],
  ['mail of anna@example.com at https://example.com/a?token=b', 'mail of … at …'],
  ['key asof_abc-DEF_1 at 12:30', 'key … at 12:30'],
  ['database disk image is malformed', 'database disk image is malformed'],
])('the message %s is logged as %s', (message, logged) => {
  expect(errorForLog(new Error(message))).toMatchObject({ type: 'Error', message: logged });
});

it('an answer that quotes its cause is logged by its code and where it was thrown, like its cause', () => {
  const error = new DomainError('NOT_FOUND', 'there is no anna', { cause: new TypeError("'anna' is no number") });
  const logged = errorForLog(error);
  expect(logged).toMatchObject({
    code: 'NOT_FOUND',
    message: '…',
    cause: { type: 'TypeError', message: '… is no number' },
  });
  expect(JSON.stringify(logged)).not.toContain('anna');
  expect(logged).toMatchObject({ stack: expect.stringMatching(/^\s+at /) });
});
