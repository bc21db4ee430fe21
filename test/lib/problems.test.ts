import { describe, expect, it } from 'vitest';
import { DomainError, errorCodes, statusOfCode } from '../../src/errors.ts';
import { parseExactJson } from '../../src/lib/exact-json.ts';
import type { FieldReader } from '../../src/lib/field-reader.ts';
import { readRecord } from '../../src/lib/problems.ts';

const statuses = { paying: 1, cancelled: 2 };

const readAll = (fields: FieldReader) => ({
  userId: fields.id('user_id'),
  atUs: fields.instant('created_at'),
  price: fields.decimal('product_price'),
  status: fields.oneOf('status', statuses),
  ip: fields.ip('ip'),
  count: fields.integer('count', 0, 10),
  note: fields.optional('note', fields.text),
});

const good = {
  user_id: 1,
  created_at: '1970-01-01T00:00:01',
  product_price: '220.50',
  status: 'cancelled',
  ip: '10.0.0.1',
  count: 3,
  extra: {},
};

const problemOf = (fields: Record<string, unknown>) => readRecord({ ...good, ...fields }, readAll).problems;

describe('readRecord', () => {
  it('readRecord reads typed values and ignores other fields', () => {
    expect(readRecord(good, readAll)).toEqual({
      value: {
        userId: '1',
        atUs: 1_000_000,
        price: { units: 220, micros: 500_000 },
        status: 2,
        ip: { family: 4, value: 0x0a000001 },
        count: 3,
        note: null,
      },
    });
  });

  it('readRecord collects every problem', () => {
    expect(readRecord({}, readAll).problems?.map(({ path, code }) => `${path} ${code}`)).toEqual(
      ['user_id', 'created_at', 'product_price', 'status', 'ip', 'count'].map((name) => `${name} MISSING`),
    );
  });

  it.each([
    [{ user_id: '' }, 'MISSING', 'user_id is missing'],
    [{ user_id: true }, 'WRONG_TYPE', 'user_id must be text or a number, not true'],
    [{ user_id: 'a\0' }, 'MALFORMED', 'not "a\\u0000"'],
    [{ created_at: 5 }, 'WRONG_TYPE', 'created_at must be a date and time as text, not 5'],
    [{ created_at: '2017-02-30' }, 'MALFORMED', 'from 1685-01-01 to 2254-12-31, not "2017-02-30"'],
    [{ product_price: 'free' }, 'MALFORMED', 'product_price must be a decimal number like 220.50, not "free"'],
    [{ product_price: null }, 'MISSING', 'product_price is missing'],
    [{ product_price: [1] }, 'WRONG_TYPE', 'not a list'],
    [{ product_price: 0.0000001 }, 'OUT_OF_RANGE', 'not 0.0000001'],
    [{ product_price: parseExactJson('1e400') }, 'OUT_OF_RANGE', 'not 1e400'],
    [{ status: 'completed' }, 'NOT_ALLOWED', 'status must be one of paying, cancelled, not "completed"'],
    [{ status: 'toString' }, 'NOT_ALLOWED', 'not "toString"'],
    [{ status: 1 }, 'WRONG_TYPE', 'status must be text, not 1'],
    [{ ip: '10.0.0.0/8' }, 'MALFORMED', 'ip must be an IPv4 or IPv6 address, not "10.0.0.0/8"'],
    [{ count: 11 }, 'OUT_OF_RANGE', 'count must be from 0 to 10, not 11'],
    [{ count: 1.5 }, 'WRONG_TYPE', 'count must be a whole number, not 1.5'],
    [{ note: 'a\ud800' }, 'MALFORMED', 'note must be well-formed text'],
    [{ note: {} }, 'WRONG_TYPE', 'note must be text, not an object'],
  ])('%j', (fields, code, message) => {
    expect(problemOf(fields)).toEqual([
      { path: Object.keys(fields)[0], code, message: expect.stringContaining(message) },
    ]);
  });

  it('readRecord cuts a quoted value to 80 characters', () => {
    expect(problemOf({ created_at: 'x'.repeat(1000) })?.[0]?.message).toContain(`not "${'x'.repeat(80)}…"`);
  });

  it('readRecord rejects a value that is not an object', () => {
    for (const value of [null, [], 'x', 1, parseExactJson('9007199254740993'), undefined]) {
      expect(readRecord(value, readAll).problems).toMatchObject([{ path: '', code: 'WRONG_TYPE' }]);
    }
  });

  it('readRecord reads own properties only', () => {
    expect(readRecord({}, (fields) => fields.text('constructor')).problems).toMatchObject([{ code: 'MISSING' }]);
  });

  it('readRecord reports a problem of several fields that the caller finds', () => {
    const outcome = readRecord({}, ({ refuse }) => refuse('end', 'OUT_OF_RANGE', 'end is before start'));
    expect(outcome).toEqual({ problems: [{ path: 'end', code: 'OUT_OF_RANGE', message: 'end is before start' }] });
  });
});

describe('DomainError', () => {
  it('a DomainError has a code, and every code has an HTTP status', () => {
    const error = new DomainError('TOO_LARGE', 'big', { details: { bytes: 5 } });
    expect(error).toMatchObject({ code: 'TOO_LARGE', message: 'big', problems: [], details: { bytes: 5 } });
    expect(statusOfCode('TOO_LARGE')).toBe(413);
    expect(new Set(errorCodes.map(({ code }) => code)).size).toBe(errorCodes.length);
  });
});
