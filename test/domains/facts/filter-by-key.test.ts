import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApp } from '../../support/app.ts';
import { demoApp } from '../../support/demo-app.ts';

interface Key {
  readonly userStatus: string | null;
  readonly city: string | null;
  readonly country: string | null;
  readonly gender: string | null;
  readonly ageBand: { readonly from: number; readonly to: number | null; readonly label: string } | null;
  readonly hasImage: boolean | null;
  readonly productId: string | null;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly unknown: readonly string[];
}

interface Answer {
  readonly enrichedAggregate: {
    readonly totalCount: number;
    readonly total: { readonly count: number; readonly sum: string };
    readonly nodes: readonly {
      readonly key: Key;
      readonly measures: { readonly count: number; readonly sum: string };
    }[];
  };
}

const document = `query ($groupBy: [EnrichedDimension!], $grain: TimeGrain, $timeZone: TimeZone!, $where: EnrichedFilter) {
  enrichedAggregate(groupBy: $groupBy, grain: $grain, timeZone: $timeZone, where: $where, first: 500) {
    totalCount
    total { count sum }
    nodes {
      key { userStatus city country gender ageBand { from to label } hasImage productId periodStart periodEnd unknown }
      measures { count sum }
    }
  }
}`;

let opened: OpenApp;
beforeAll(async () => {
  opened = await demoApp();
});
afterAll(() => opened.close());

const aggregate = async (variables: object): Promise<Answer['enrichedAggregate']> => {
  const { data, errors } = await opened.query<Answer>(document, { timeZone: 'Europe/Berlin', ...variables });
  expect(errors).toBeUndefined();
  return (data as Answer).enrichedAggregate;
};

const filters: Readonly<Record<string, (key: Key) => object>> = {
  USER_STATUS: ({ userStatus }) => ({ userStatus: [userStatus] }),
  CITY: ({ city }) => ({ cities: [city] }),
  COUNTRY: ({ country }) => ({ countries: [country] }),
  GENDER: ({ gender }) => ({ genders: [gender] }),
  AGE_BAND: ({ ageBand }) => ({ ageBands: [ageBand?.label ?? 'unknown'] }),
  HAS_IMAGE: ({ hasImage }) => ({ hasImage }),
  PRODUCT: ({ productId }) => ({ productIds: [productId] }),
  PERIOD: ({ periodStart, periodEnd }) => ({ range: { between: { from: periodStart, to: periodEnd } } }),
};

describe('the key of a group as a filter', () => {
  it.each(Object.keys(filters))('finds exactly the facts of the group by %s', async (dimension) => {
    const grain = dimension === 'PERIOD' ? 'MONTH' : undefined;
    const { nodes, total } = await aggregate({ groupBy: [dimension], grain });
    expect(nodes.length).toBeGreaterThan(0);
    expect(nodes.reduce((sum, { measures }) => sum + measures.count, 0)).toBe(total.count);
    for (const { key, measures } of nodes) {
      const where = filters[dimension]?.(key);
      expect((await aggregate({ groupBy: [], where })).total).toEqual(measures);
    }
  });

  it('says where periods end, in the zone of the query', async () => {
    const { nodes } = await aggregate({ groupBy: ['PERIOD'], grain: 'MONTH' });
    for (const [index, { key }] of nodes.entries()) {
      const next = nodes[index + 1];
      if (next) expect(new Date(key.periodEnd ?? 0) <= new Date(next.key.periodStart ?? 0)).toBe(true);
      expect(new Date(key.periodEnd ?? 0) > new Date(key.periodStart ?? 0)).toBe(true);
    }
  });

  it('refuses a band that does not exist, and says which there are', async () => {
    const { errors } = await opened.query(document, { timeZone: 'UTC', where: { and: [{ ageBands: ['20-30'] }] } });
    expect(errors?.[0]).toMatchObject({
      message:
        'where.and[0].ageBands has "20-30", which is none of 0-17, 18-24, 25-34, 35-44, 45-54, 55-64, 65+, unknown',
      extensions: { code: 'BAD_REQUEST' },
    });
  });
});
