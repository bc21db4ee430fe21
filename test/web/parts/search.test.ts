import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  choice,
  flag,
  json,
  list,
  number,
  parseSearch,
  stringifySearch,
  text,
} from '../../../src/web/ui/data/search.ts';
import { datasetSearch } from '../../../src/web/ui/pages/datasets/model/search.ts';
import { importsSearch } from '../../../src/web/ui/pages/imports/search.ts';
import { userSearch, usersSearch } from '../../../src/web/ui/pages/users/search.ts';

const schema = z.object({
  text: text(),
  number: number(),
  flag: flag(),
  choice: choice(['123', 'true', 'a b']),
  list: list(z.string()),
  json: json(z.array(z.object({ id: z.string(), values: z.array(z.union([z.string(), z.number()])) }))),
});

const looksTyped = fc.constantFrom(
  '123',
  '1e5',
  '007',
  'true',
  'null',
  '[1]',
  '{"a":1}',
  '"x"',
  '1.50',
  '+1 2',
  'a&b=c',
);
const texts = fc.oneof(looksTyped, fc.string(), fc.string({ unit: 'grapheme' }));

describe('the parameters of an address', () => {
  it('are the same after they were written and read, whatever their texts look like', () => {
    const values = fc.record(
      {
        text: texts,
        number: fc.oneof(
          fc.integer(),
          fc.integer().map((value) => value / 100),
        ),
        flag: fc.boolean(),
        choice: fc.constantFrom('123', 'true', 'a b'),
        list: fc.array(texts),
        json: fc.array(fc.record({ id: texts, values: fc.array(fc.oneof(texts, fc.integer())) })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(schema.parse(parseSearch(stringifySearch(value)))).toEqual(value);
        // The router also checks values of links, which were not written yet.
        expect(schema.parse(value)).toEqual(value);
      }),
    );
  });

  it('may be written by hand', () => {
    for (const search of ['123', '1e5', '007', 'true', 'null', '[1]', '{"a":1}', '12345678901234567890', '"x"']) {
      expect(usersSearch.parse(parseSearch(`?search=${encodeURIComponent(search)}`))).toEqual({ search });
      expect(userSearch.parse(parseSearch(`?open=${encodeURIComponent(search)}`))).toEqual({ open: search });
      expect(datasetSearch.parse(parseSearch(`?search=${encodeURIComponent(search)}`))).toEqual({ search });
      expect(importsSearch.parse(parseSearch(`?source=${encodeURIComponent(search)}`))).toEqual({ source: search });
    }
    expect(usersSearch.parse(parseSearch('?countries=DE&statuses=PAYING&ageFrom=18&image=true&sort=AGE'))).toEqual({
      ...{ countries: ['DE'], statuses: ['PAYING'], ageFrom: 18, image: true, sort: 'AGE' },
    });
  });

  it('are absent where they make no sense', () => {
    const query = '?countries=&ageFrom=old&ageTo=-1&image=yes&statuses=RICH&sort=NOSE&descending=1';
    expect(usersSearch.parse(parseSearch(query))).toEqual({ countries: [''] });
    expect(datasetSearch.parse(parseSearch('?where=%7B&version=1.5&measures=[1]&group=7'))).toEqual({});
  });
});
